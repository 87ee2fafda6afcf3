"""A device lab: a virtual machine with real kernel drivers, for what the host's kernel lacks.

    python -m hw_tests.lab.setup      kernel, initramfs and adbd, from Debian's packages alone
    with Guest() as guest: …          boots in seconds, with this very machine's files as its own

The guest runs the same Python, virtual environment and project as the host, read only, under an
overlay in memory: what it writes goes with it. Tests run on the host; in the guest an agent calls
functions of ``inside`` for them. The host plugs, breaks and pulls devices, and afterwards reads
their media from outside, which is the proof of an erasure.

    setup.py       what to boot                    guest.py    boot, call, end by its process id
    agent.py       the guest's side of the calls   inside.py   what can be called there
    qmp.py         QEMU's control socket           bench.py    the devices, ready to be plugged
    faults.py      one language of faults          medium.py   a medium that follows a script
    fuse_medium.py that medium as a file: under a loop drive, or behind any of QEMU's devices
    usb_model.py   USB devices in plain Python    redir.py     their way into a guest's port
    usb_words.py   what they say of themselves
    bulk_only.py   mass storage over USB          scsi_disk.py what its commands do
    served_medium.py   a scripted medium for such a model
    sata_drive.py  HPA, security, SANITIZE         sat_bridge.py  such a drive behind a USB bridge
    card_reader.py several slots in one device    inside_usb.py what can be asked about USB
    gadget.py      Debian's adbd as a USB device  adbd.py      where it comes from
    composite_phone.py drive, keyboard and network card in one device, which types
    scripts.py     stories with stated ends        play.py     how a medium is brought into one
    compare.py     the stories, played to wipers of others (wipers.py, confined.py), and judged by
                   what stands on the medium afterwards (owners.py, verdict.py)
"""
