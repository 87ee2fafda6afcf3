#!/bin/sh
# Init of the first root: finds the host's files over 9p, puts an overlay in memory over them, goes on.
export PATH=/bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
while read module; do insmod /modules/$module; done < /modules/order
option() { for word in $(cat /proc/cmdline); do case $word in $1=*) echo ${word#*=};; esac; done; }
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=1048576 hostroot /ro || exec echo "LAB: no root"
mount -t tmpfs -o mode=755 tmpfs /rw; mkdir -p /rw/upper /rw/work
mount -t overlay -o lowerdir=/ro,upperdir=/rw/upper,workdir=/rw/work overlay /newroot || exec echo "LAB: no overlay"
mkdir -p /newroot/usr/lib/modules
mount --bind "/ro$(option lab.modules)/lib/modules" /newroot/usr/lib/modules
init=$(option lab.init)
mount --move /proc /newroot/proc; mount --move /sys /newroot/sys; mount --move /dev /newroot/dev
exec switch_root /newroot /bin/bash "$init"
