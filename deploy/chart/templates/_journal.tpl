{{/* Where the journal is, as values say it or as the event log has it: sqlite, memory, etcd or postgresql. */}}
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

{{- define "promoter-view.journalEnv" -}}
{{- if eq .Values.journal.engine "postgresql" -}}
# A URL with a password: no argument, which whoever reads the Deployment would see.
- name: PROMOTER_VIEW_JOURNAL
  valueFrom:
    secretKeyRef:
      name: {{ .Values.journal.postgresql.secretName }}
      key: url
{{- end }}
{{- end }}

{{- define "promoter-view.journalMount" -}}
{{- if eq .Values.journal.engine "postgresql" -}}
- name: journal
  mountPath: /var/lib/promoter-view-journal
- name: journal-files
  mountPath: /etc/promoter-view/journal
  readOnly: true
{{- else if include "promoter-view.journalCopy" . -}}
- name: journal
  mountPath: /var/lib/promoter-view-journal
{{- end }}
{{- end }}

{{/* A copy may go with the pod: the next one reads the entries again. */}}
{{- define "promoter-view.journalVolume" -}}
{{- if eq .Values.journal.engine "postgresql" -}}
- name: journal
  emptyDir:
    sizeLimit: {{ .Values.journal.postgresql.copySize }}
- name: journal-files
  secret:
    secretName: {{ .Values.journal.postgresql.secretName }}
    defaultMode: 0440
{{- else if include "promoter-view.journalCopy" . -}}
- name: journal
  emptyDir:
    sizeLimit: {{ .Values.journal.etcd.copySize }}
{{- end }}
{{- end }}
