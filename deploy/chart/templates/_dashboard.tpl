{{/* Something where the dashboard is in the aggregated API's own pod. */}}
{{- define "promoter-view.samePod" -}}
{{- if and .Values.dashboard.enabled (eq .Values.dashboard.role "samePod") }}true{{ end }}
{{- end }}

{{/* Who may look, and from where. With a proxy in the pod nobody else can connect. */}}
{{- define "promoter-view.dashboardEnv" -}}
{{- with .Values.dashboard -}}
- name: PROMOTER_VIEW_DASHBOARD_BIND_ADDRESS
  value: {{ .proxy.sidecars | empty | ternary "::" "127.0.0.1" | quote }}
- name: PROMOTER_VIEW_DASHBOARD_AUTH
  value: {{ .auth }}
{{- if eq .auth "proxy" }}
{{- range $name, $value := dict
  "USER_HEADER" .proxy.userHeader
  "GROUPS_HEADER" .proxy.groupsHeader
  "GROUPS_SEPARATOR" .proxy.groupsSeparator
  "USER_PREFIX" .proxy.userPrefix
  "GROUPS_PREFIX" .proxy.groupsPrefix }}
{{- if $value }}
- name: PROMOTER_VIEW_DASHBOARD_PROXY_{{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- if .proxy.secretName }}
- name: PROMOTER_VIEW_DASHBOARD_PROXY_SECRET_FILE
  value: /proxy-secret/secret
{{- end }}
{{- end }}
{{- with .allowedHosts }}
- name: PROMOTER_VIEW_DASHBOARD_ALLOWED_HOSTS
  value: {{ join "," . | quote }}
{{- end }}
{{- if ne .rootPath "/" }}
- name: PROMOTER_VIEW_DASHBOARD_ROOT_PATH
  value: {{ .rootPath | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* Its port, unless a proxy in the pod has one by that name. */}}
{{- define "promoter-view.dashboardPort" -}}
{{- if not .Values.dashboard.proxy.sidecars -}}
- name: dashboard
  containerPort: 8080
  protocol: TCP
{{- end }}
{{- end }}

{{/* By what a proxy elsewhere proves itself: the key "secret" of a Secret, read again when it changes. */}}
{{- define "promoter-view.proxySecretMount" -}}
{{- if .Values.dashboard.proxy.secretName -}}
- name: proxy-secret
  mountPath: /proxy-secret
  readOnly: true
{{- end }}
{{- end }}

{{- define "promoter-view.proxySecretVolume" -}}
{{- with .Values.dashboard.proxy.secretName -}}
- name: proxy-secret
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- end }}

{{/* Labels of what belongs to the dashboard. */}}
{{- define "promoter-view.dashboardLabels" -}}
app.kubernetes.io/component: dashboard
app.kubernetes.io/name: promoter-view
app.kubernetes.io/part-of: promoter
{{- end }}

{{- define "promoter-view.dashboardSubjects" -}}
- kind: ServiceAccount
  name: promoter-dashboard
  namespace: {{ .Release.Namespace }}
{{- end }}
