#!/bin/bash
# Process 1 of the guest: pseudo file systems, a real udevd, then the agent, for as long as it lives.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
option() { for word in $(cat /proc/cmdline); do case $word in $1=*) echo "${word#*=}";; esac; done; }
# Nothing over /tmp: the project may lie there, and what is written there stays in memory anyway.
mount -t tmpfs -o mode=755 run /run
mkdir -p /dev/shm /dev/pts; mount -t tmpfs shm /dev/shm; mount -t devpts devpts /dev/pts
ln -sfn /proc/self/fd /dev/fd; ip link set lo up 2>/dev/null
echo /sbin/modprobe > /proc/sys/kernel/modprobe
modprobe virtio_console; modprobe loop  # a station proves itself on a drive of memory
/lib/systemd/systemd-udevd --daemon
udevadm trigger --action=add --subsystem-match=pci --subsystem-match=usb --subsystem-match=block \
  --subsystem-match=scsi --subsystem-match=mmc --subsystem-match=nvme
udevadm settle --timeout=120
cd "$(option lab.project)"
"$(option lab.python)" -m hw_tests.lab.agent
echo "LAB: the agent ended"
echo o > /proc/sysrq-trigger; sleep 5
