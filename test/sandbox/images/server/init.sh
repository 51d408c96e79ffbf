#!/bin/bash
# PID 1 of a server. Host keys, authorised keys and the certificate bundle come in as read-only mounts,
# so they are there before sshd is and nothing has to be learned from it.

authorise() { # USER HOME KEY
  install -d -m 700 -o "$1" -g "$1" "$2/.ssh"
  install -m 600 -o "$1" -g "$1" "/etc/sandbox/keys/$3" "$2/.ssh/authorized_keys"
}

# cgroup v2 gives a nested engine its controllers only when no process sits in the root group
delegate_cgroups() {
  [ -e /sys/fs/cgroup/cgroup.controllers ] || return 0
  mkdir -p /sys/fs/cgroup/init
  xargs -rn1 </sys/fs/cgroup/cgroup.procs >/sys/fs/cgroup/init/cgroup.procs 2>/dev/null
  sed -e 's/ / +/g' -e 's/^/+/' </sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
}

# as systemd would: an engine that dies is started again
keep_engine() {
  while :; do
    rm -f /var/run/docker.pid /var/run/docker/containerd/*.pid
    dockerd --log-level warn --registry-mirror "$REGISTRY_MIRROR" --feature containerd-snapshotter=true >>/var/log/dockerd.log 2>&1
    sleep 1
  done
}

mkdir -p /run/sshd
install -m 600 /etc/sandbox/host-keys/* /etc/ssh/
authorise root /root root.pub
authorise deploy /home/deploy deploy.pub
delegate_cgroups
keep_engine &
exec /usr/sbin/sshd -D -e -o PasswordAuthentication=no -o KbdInteractiveAuthentication=no -o PermitRootLogin=prohibit-password \
  -o UsePAM=no -o UseDNS=no -o MaxStartups=100:30:200
