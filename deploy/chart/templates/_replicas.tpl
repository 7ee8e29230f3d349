{{/* Each replica on a node and in a zone of its own. Preferred: on a cluster of two nodes two share one. */}}
{{- define "promoter-view.apart" -}}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 100
      podAffinityTerm:
        topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            app.kubernetes.io/component: dashboard-apiserver
    - weight: 50
      podAffinityTerm:
        topologyKey: topology.kubernetes.io/zone
        labelSelector:
          matchLabels:
            app.kubernetes.io/component: dashboard-apiserver
{{- end }}

{{- define "promoter-view.etcdEnv" -}}
# How this replica is named to the others, and in etcd.
- name: PROMOTER_VIEW_REPLICA_ID
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
# Until every node has heard that this pod is no longer ready: its clients then go to another one.
- name: PROMOTER_VIEW_SHUTDOWN_DELAY_DURATION
  value: 5s
{{- with .Values.eventLog.etcd }}
{{- if .authority }}
- name: PROMOTER_VIEW_ETCD_CAFILE
  value: /etcd-secret/ca.crt
{{- end }}
{{- if .clientCertificate }}
- name: PROMOTER_VIEW_ETCD_CERTFILE
  value: /etcd-secret/tls.crt
- name: PROMOTER_VIEW_ETCD_KEYFILE
  value: /etcd-secret/tls.key
{{- end }}
{{- if .user }}
- name: PROMOTER_VIEW_ETCD_USER
  value: {{ .user | quote }}
- name: PROMOTER_VIEW_ETCD_PASSWORD_FILE
  value: /etcd-secret/password
{{- end }}
{{- end }}
{{- end }}

{{- define "promoter-view.etcdSecretMount" -}}
{{- if and (eq .Values.eventLog.engine "etcd") .Values.eventLog.etcd.secretName -}}
- name: etcd-secret
  mountPath: /etcd-secret
  readOnly: true
{{- end }}
{{- end }}

{{- define "promoter-view.etcdSecretVolume" -}}
{{- if and (eq .Values.eventLog.engine "etcd") .Values.eventLog.etcd.secretName -}}
- name: etcd-secret
  secret:
    secretName: {{ .Values.eventLog.etcd.secretName }}
    defaultMode: 0440
{{- end }}
{{- end }}
