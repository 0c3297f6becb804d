{{- define "admission-baseline.labels" -}}
app.kubernetes.io/name: admission-baseline
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}
{{- /* Each rule: when it holds, and what is wrong otherwise. `spec` is the pod's, `containers` all of its containers. */ -}}
{{- define "admission-baseline.rules" -}}
hostNamespaces:
  expression: "!(variables.spec.?hostNetwork.orValue(false) || variables.spec.?hostPID.orValue(false) || variables.spec.?hostIPC.orValue(false))"
  message: "hostNetwork, hostPID and hostIPC are not allowed: the pod would see and reach what runs on its node"
privileged:
  expression: "variables.containers.all(c, !c.?securityContext.?privileged.orValue(false))"
  message: "privileged containers are not allowed: they have all rights over their node"
hostPath:
  expression: "!variables.spec.?volumes.orValue([]).exists(v, has(v.hostPath))"
  message: "volumes of type hostPath are not allowed: they are directories of the node"
hostPorts:
  expression: "variables.containers.all(c, c.?ports.orValue([]).all(p, p.?hostPort.orValue(0) == 0))"
  message: "hostPort is not allowed: it takes a port of the node away from everybody else; use a Service"
capabilities:
  expression: "variables.containers.all(c, c.?securityContext.?capabilities.?add.orValue([]).all(name, name in ['AUDIT_WRITE','CHOWN','DAC_OVERRIDE','FOWNER','FSETID','KILL','MKNOD','NET_BIND_SERVICE','SETFCAP','SETGID','SETPCAP','SETUID','SYS_CHROOT']))"
  message: "capabilities beyond those that containers have by default are not allowed"
privilegeEscalation:
  expression: "variables.containers.all(c, c.?securityContext.?allowPrivilegeEscalation.orValue(true) == false)"
  message: "every container must set securityContext.allowPrivilegeEscalation to false"
runAsNonRoot:
  expression: "variables.containers.all(c, c.?securityContext.?runAsNonRoot.orValue(variables.spec.?securityContext.?runAsNonRoot.orValue(false)))"
  message: "runAsNonRoot must be true, on the pod or on every container"
seccomp:
  expression: "variables.containers.all(c, c.?securityContext.?seccompProfile.?type.orValue(variables.spec.?securityContext.?seccompProfile.?type.orValue('Unconfined')) in ['RuntimeDefault','Localhost'])"
  message: "seccompProfile.type must be RuntimeDefault or Localhost, on the pod or on every container"
resourceRequests:
  expression: "variables.lasting.all(c, has(c.resources) && has(c.resources.requests) && 'cpu' in c.resources.requests && 'memory' in c.resources.requests)"
  message: "every container must request CPU and memory (resources.requests): without it the scheduler cannot keep nodes from being overfilled"
imageTags:
  expression: "variables.containers.all(c, c.image.contains('@sha256:') || (c.image.matches(':[^/:]+$') && !c.image.endsWith(':latest')))"
  message: "images need a tag other than latest, or a digest: otherwise nobody can say what runs"
{{- end }}
