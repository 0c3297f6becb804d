#!/bin/bash
# The supervisor of a local machine: tini's only child. Runs containerd and the kubelet, restarts what ends, stops all of it on SIGTERM.
# tini (PID 1) reaps what the two leave behind. When this script ends, the machine ends with its status.
set -u

logs=/var/log/slipway
exec >>"$logs/console.log" 2>&1
say() { printf '%(%Y-%m-%dT%H:%M:%SZ)T %s\n' -1 "$*"; }

# A pause that forks nothing: reading from a pipe nobody writes to.
mkdir -p /run/slipway
mkfifo /run/slipway/never
exec 9<>/run/slipway/never
pause() { read -r -t "$1" -u 9 _ || true; }

# pivot_root wants a private root; the kubelet wants mounts to propagate to and from the pods.
mount --make-rshared /

# The kubelet insists on these switches, which are the whole host's: it finds them set, in files of ours, and leaves the host's alone.
shadow() {
  [ "$(<"/proc/sys/$1")" = "$2" ] && return
  mkdir -p "/run/slipway/sys/${1%/*}"
  echo "$2" >"/run/slipway/sys/$1"
  mount --bind "/run/slipway/sys/$1" "/proc/sys/$1"
}
shadow vm/overcommit_memory 1
shadow vm/panic_on_oom 0
shadow kernel/panic 10
shadow kernel/panic_on_oops 1
shadow kernel/keys/root_maxkeys 1000000
shadow kernel/keys/root_maxbytes 25000000

if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  # cgroup v2 lets a group have processes or children with controllers, not both: move down first.
  mkdir -p /sys/fs/cgroup/init
  while read -r pid; do echo "$pid" >/sys/fs/cgroup/init/cgroup.procs 2>/dev/null || true; done </sys/fs/cgroup/cgroup.procs
  for controller in $(</sys/fs/cgroup/cgroup.controllers); do
    echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || say "cgroup controller $controller is not delegated to this machine"
  done
fi

POD_CIDR='' POD_SUBNET='' SERVICE_CIDR=''
[ -f /etc/slipway/machine.env ] && . /etc/slipway/machine.env
if [ -n "$POD_CIDR" ]; then
  # Pods of a machine that is gone are nowhere: without this their packets would leave by the default route, to whoever answers there.
  ip route add unreachable "$POD_CIDR" 2>/dev/null || true
  iptables -t nat -A POSTROUTING -s "$POD_SUBNET" ! -d "$POD_CIDR" -m comment --comment 'slipway: pods leave as their machine' -j MASQUERADE
fi
if [ -n "$SERVICE_CIDR" ]; then
  # Until kube-proxy has rules a packet to a service would leave by the default route and keep its connection entry for half a minute.
  iptables -A FORWARD -d "$SERVICE_CIDR" -m comment --comment 'slipway: no such service (yet)' -j REJECT
  iptables -A OUTPUT -d "$SERVICE_CIDR" -m comment --comment 'slipway: no such service (yet)' -j REJECT
fi

keep_containerd() {
  while [ ! -e /run/slipway/stopping ]; do
    containerd --config /etc/containerd/config.toml >>"$logs/containerd.log" 2>&1 &
    echo $! >/run/slipway/containerd.pid
    wait $!
    status=$?
    [ -e /run/slipway/stopping ] && return
    say "containerd ended with status $status: $(tail -n 1 "$logs/containerd.log"); starting it again"
    pause 1
  done
}

keep_kubelet() {
  # kubeadm writes the flags after the configuration: both must be there.
  until [ -s /var/lib/kubelet/config.yaml ] && [ -s /var/lib/kubelet/kubeadm-flags.env ]; do pause 0.2; done
  while [ ! -e /run/slipway/stopping ]; do
    KUBELET_KUBEADM_ARGS='' KUBELET_EXTRA_ARGS=''
    . /var/lib/kubelet/kubeadm-flags.env
    [ -f /etc/default/kubelet ] && . /etc/default/kubelet
    say 'kubelet starts'
    # shellcheck disable=SC2086 # kubeadm's file holds several arguments in one variable
    kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf \
      --config=/var/lib/kubelet/config.yaml --config-dir=/etc/kubernetes/kubelet.conf.d \
      $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS >>"$logs/kubelet.log" 2>&1 &
    echo $! >/run/slipway/kubelet.pid
    wait $!
    status=$?
    [ -e /run/slipway/stopping ] && return
    say "kubelet ended with status $status: $(tail -n 1 "$logs/kubelet.log"); starting it again"
    pause 1
  done
}

tasks() { ctr -n k8s.io tasks ls 2>/dev/null | awk -v state="$1" 'NR > 1 && $3 == state { print $1 }'; }

stop() {
  trap '' TERM
  say 'stopping'
  touch /run/slipway/stopping
  [ -f /run/slipway/kubelet.pid ] && kill "$(</run/slipway/kubelet.pid)" 2>/dev/null
  for task in $(tasks RUNNING); do ctr -n k8s.io tasks kill -s SIGTERM "$task" 2>/dev/null & done
  for _ in {1..25}; do
    [ -z "$(tasks RUNNING)" ] && break
    pause 0.2
  done
  [ -f /run/slipway/containerd.pid ] && kill "$(</run/slipway/containerd.pid)" 2>/dev/null
  for _ in {1..20}; do
    kill -0 "$(</run/slipway/containerd.pid)" 2>/dev/null || break
    pause 0.1
  done
  say 'stopped'
  exit 0
}
trap stop TERM INT

say 'machine starts'
rm -f "$logs/ready"
keep_containerd &
# An answering containerd is not enough: without its CRI plugin (too few inotify instances, say) no kubelet can use it.
until cri=$(ctr --connect-timeout 500ms plugins ls 2>/dev/null | awk '$2 == "cri" { print $4 }') && [ -n "$cri" ]; do pause 0.02; done
while [ "$cri" != ok ]; do
  say "containerd runs without its CRI plugin: $(grep -a 'failed to load plugin io.containerd.grpc.v1.cri' "$logs/containerd.log" | tail -n 1)"
  pause 3
  kill "$(</run/slipway/containerd.pid)" 2>/dev/null
  pause 2
  cri=$(ctr --connect-timeout 5s plugins ls 2>/dev/null | awk '$2 == "cri" { print $4 }')
done
touch "$logs/ready"
say 'containerd is ready'
keep_kubelet &

# Logs are cut, not rotated: what matters is near the end, and a machine must not fill the disk with them.
while :; do
  pause 60
  for log in "$logs"/containerd.log "$logs"/kubelet.log; do
    [ -n "$(find "$log" -size +32M 2>/dev/null)" ] && tail -c 1M "$log" >"$log.old" && : >"$log"
  done
done
