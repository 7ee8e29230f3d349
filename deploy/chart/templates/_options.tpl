{{/* The program's options that values give, one argument a line; what is left out is the program's own default. */}}
{{- define "promoter-view.options" -}}
{{- with .Values.eventLog -}}
{{- range $name, $value := dict
  "event-log-retention-age" .retention.age
  "event-log-retention-bytes" .retention.bytes
  "event-log-retention-events" .retention.events
  "history-bytes" .historyBytes }}
{{- if $value }}
- {{ printf "--%s=%s" $name (toString $value) | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- include "promoter-view.journalOptions" . }}
{{- if not (kindIs "invalid" .Values.instanceId) }}
- {{ printf "--instance-id=%s" .Values.instanceId | quote }}
{{- end }}
{{- if .Values.memberAuthorization }}
- --member-authorization
{{- end }}
{{- if ne .Values.logLevel "info" }}
- --log-level={{ .Values.logLevel }}
{{- end }}
{{- end }}
