{{/* Where the journal is, as values say it or as the event log has it: sqlite, memory or etcd. */}}
{{- define "promoter-view.journalEngine" -}}
{{- $ofLog := dict "file" "sqlite" "memory" "memory" "etcd" "etcd" -}}
{{ .Values.journal.engine | default (get $ofLog .Values.eventLog.engine) }}
{{- end }}

{{/* Something where a replica keeps its copy of the entries in a file. */}}
{{- define "promoter-view.journalCopy" -}}
{{- if and (eq (include "promoter-view.journalEngine" .) "etcd") (eq .Values.journal.etcd.copy "disk") }}true{{ end }}
{{- end }}

{{/* Something where what is written at /var/lib/promoter-view is to outlive the pod. */}}
{{- define "promoter-view.keeps" -}}
{{- if or (eq .Values.eventLog.engine "file") (eq .Values.journal.engine "sqlite") }}true{{ end }}
{{- end }}

{{- define "promoter-view.journalOptions" -}}
{{- $engine := include "promoter-view.journalEngine" . -}}
{{- if include "promoter-view.journalCopy" . }}
- --journal=etcd:/var/lib/promoter-view-journal/copy.sqlite
{{- else if and (eq $engine "sqlite") (ne .Values.eventLog.engine "file") }}
- --journal=sqlite:/var/lib/promoter-view/journal.sqlite
{{- else if and (eq $engine "memory") (ne .Values.eventLog.engine "memory") }}
- "--journal=memory:"
{{- end }}
{{- with .Values.journal.retention.age }}
- --journal-retention-age={{ . }}
{{- end }}
{{- with .Values.journal.retention.bytes }}
- --journal-retention-bytes={{ . }}
{{- end }}
{{- end }}

{{- define "promoter-view.journalMount" -}}
{{- if include "promoter-view.journalCopy" . -}}
- name: journal
  mountPath: /var/lib/promoter-view-journal
{{- end }}
{{- end }}

{{/* A copy may go with the pod: the next one reads the keys again. */}}
{{- define "promoter-view.journalVolume" -}}
{{- if include "promoter-view.journalCopy" . -}}
- name: journal
  emptyDir:
    sizeLimit: {{ .Values.journal.etcd.copySize }}
{{- end }}
{{- end }}
