{{/* Labels of everything. */}}
{{- define "promoter-view.labels" -}}
app.kubernetes.io/component: dashboard-apiserver
app.kubernetes.io/name: promoter-view
app.kubernetes.io/part-of: promoter
{{- end }}

{{/* The image: by digest where one is given. */}}
{{- define "promoter-view.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end }}

{{/* What is bound to a role. */}}
{{- define "promoter-view.subjects" -}}
- kind: ServiceAccount
  name: promoter-apiserver
  namespace: {{ .Release.Namespace }}
{{- end }}

{{/* What is reflected. No Secrets: the credentials that a provider refers to are never read. */}}
{{- define "promoter-view.reflected" -}}
{{- if .Values.discoverKinds }}
- '*'
{{- else }}
- promotionstrategies
- changetransferpolicies
- changetransferpolicyhistories
- pullrequests
- commitstatuses
- argocdcommitstatuses
- gitcommitstatuses
- timedcommitstatuses
- webrequestcommitstatuses
- dependentssuccessfulcommitstatuses
- scheduledcommitstatuses
- restoreactivecommits
- gitrepositories
- scmproviders
{{- if not .Values.namespaces }}
- clusterscmproviders
{{- end }}
{{- end }}
{{- end }}

{{/* What of Kargo StageDetails are made of. */}}
{{- define "promoter-view.stageRules" -}}
- apiGroups:
  - kargo.akuity.io
  resources:
  - stages
  - promotions
  - freights
  verbs:
  - list
  - watch
{{- end }}

{{/* Something where StageDetails are served. */}}
{{- define "promoter-view.stages" -}}
{{- if kindIs "invalid" .Values.argocd.enabled }}
{{- if not .Values.namespaces }}true{{ end }}
{{- else if .Values.argocd.enabled }}true
{{- end }}
{{- end }}

{{/* Values that contradict each other, said before anything is rendered. */}}
{{- define "promoter-view.check" -}}
{{- with .Values.certs }}
{{- if and (eq .mode "existingSecret") (not .caBundle) }}
{{- fail "certs.caBundle: certs.mode existingSecret needs it: who signed the certificate in certs.secretName, PEM, in base64" }}
{{- end }}
{{- if and .caBundle (ne .mode "existingSecret") }}
{{- fail (printf "certs.caBundle counts with certs.mode existingSecret only, not with %s: leave it out" .mode) }}
{{- end }}
{{- end }}
{{- if and (gt (int .Values.replicas) 1) (ne .Values.eventLog.engine "etcd") }}
{{- fail (printf "replicas: %d of them need eventLog.engine etcd, not %s: two logs must never serve one Service" (int .Values.replicas) .Values.eventLog.engine) }}
{{- end }}
{{- if and .Values.argocd.writes.enabled (not (include "promoter-view.stages" .)) }}
{{- fail "argocd.writes.enabled: argocd.enabled is false, or namespaces are given and it is not true: what is not read cannot be promoted" }}
{{- end }}
{{- if and .Values.argocd.writes.autoPromotion (not .Values.argocd.writes.enabled) }}
{{- fail "argocd.writes.autoPromotion: argocd.writes.enabled is false: Promotions are made for the Stages of a shard" }}
{{- end }}
{{- with .Values.eventLog }}
{{- if and (eq .engine "etcd") (not .etcd.url) }}
{{- fail "eventLog.etcd.url: eventLog.engine etcd needs it: http(s)://HOST:PORT[,HOST:PORT...]/PREFIX" }}
{{- end }}
{{- if and (or .etcd.authority .etcd.clientCertificate .etcd.user) (not .etcd.secretName) }}
{{- fail "eventLog.etcd.secretName: authority, clientCertificate and user need it: the Secret that holds them" }}
{{- end }}
{{- end }}
{{- if and (eq .Values.journal.engine "etcd") (ne .Values.eventLog.engine "etcd") }}
{{- fail (printf "journal.engine: etcd is the event log's, and eventLog.engine is %s: leave it empty, or take sqlite" .Values.eventLog.engine) }}
{{- end }}
{{- if and (eq .Values.journal.engine "sqlite") (eq .Values.eventLog.engine "etcd") }}
{{- fail "journal.engine: sqlite is a file of one replica, and with eventLog.engine etcd several share a journal: leave it empty" }}
{{- end }}
{{- if and (eq .Values.journal.etcd.copy "disk") (ne (include "promoter-view.journalEngine" .) "etcd") }}
{{- fail "journal.etcd.copy: disk is for a journal in the event log's etcd, and it is not there: leave it out" }}
{{- end }}
{{- with .Values.dashboard }}
{{- if and .enabled (eq .auth "proxy") (not .proxy.sidecars) (not .proxy.secretName) }}
{{- fail "dashboard.proxy: dashboard.auth proxy needs secretName, by which the proxy proves itself, or the proxy in the pod, as one of sidecars" }}
{{- end }}
{{- if and .proxy.sidecars (ne .auth "proxy") }}
{{- fail (printf "dashboard.proxy.sidecars count with dashboard.auth proxy only, not with %s: leave them out" .auth) }}
{{- end }}
{{- if and .ingress.enabled (not .ingress.host) }}
{{- fail "dashboard.ingress.host: dashboard.ingress.enabled needs it: the name by which browsers ask" }}
{{- end }}
{{- end }}
{{- if and .Values.persistence.existingClaim (not .Values.persistence.enabled) }}
{{- fail "persistence.existingClaim: persistence.enabled is false: leave one of them out" }}
{{- end }}
{{- end }}

{{/* Which addresses a Service gets; nothing where the cluster decides. */}}
{{- define "promoter-view.addresses" -}}
{{- with .Values.service.ipFamilyPolicy }}
ipFamilyPolicy: {{ . }}
{{- end }}
{{- with .Values.service.ipFamilies }}
ipFamilies:
{{- toYaml . | nindent 0 }}
{{- end }}
{{- end }}
