#!/bin/sh
# A whole SLURM on this machine's loopback, to prove that sweeps survive it: two nodes of one core,
# which share the machine. Needs Debian's packages slurm-wlm and munge, and nothing of them set up.
#
#     workflow/slurm/single_host.sh start FOLDER    # then: . FOLDER/environment
#     workflow/slurm/single_host.sh stop FOLDER
set -eu

[ $# = 2 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 2; }
mkdir -p "$2"
folder=$(cd "$2" && pwd -P)
export SLURM_CONF="$folder/slurm.conf"
PATH="$PATH:/usr/sbin:/sbin"

stop() {
    for daemon in slurmd-one slurmd-two slurmctld munged; do
        pid=$(cat "$folder/$daemon.pid" 2>/dev/null) || continue
        kill "$pid" 2>/dev/null || true
        for _ in $(seq 50); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        kill -9 "$pid" 2>/dev/null || true
        rm -f "$folder/$daemon.pid"
    done
}

start() {
    for program in munged slurmctld slurmd sbatch; do
        command -v $program >/dev/null || {
            echo "$program is missing: install the packages slurm-wlm and munge" >&2
            exit 1
        }
    done
    chmod 755 "$folder"
    [ -f "$folder/munge.key" ] || (umask 077 && head -c 1024 /dev/urandom >"$folder/munge.key")
    munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" \
        --pid-file="$folder/munged.pid" --log-file="$folder/munged.log" \
        --seed-file="$folder/munged.seed"
    ports=$(python3 -c '
import socket
taken = [socket.socket() for _ in range(3)]
[s.bind(("127.0.0.1", 0)) for s in taken]
print(*(s.getsockname()[1] for s in taken))')
    set -- $ports
    host=$(hostname -s)
    cat >"$SLURM_CONF" <<CONF
ClusterName=course
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$1
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CredType=cred/munge
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool-%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd-%n.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd-%n.log
# No control groups needed, and no other process of this machine touched.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
SlurmdTimeout=15
SlurmctldTimeout=15
MinJobAge=3600
SchedulerParameters=sched_interval=2
SlurmdParameters=config_overrides
NodeName=one NodeHostname=$host NodeAddr=127.0.0.1 Port=$2 CPUs=1 RealMemory=8000
NodeName=two NodeHostname=$host NodeAddr=127.0.0.1 Port=$3 CPUs=1 RealMemory=8000
PartitionName=course Nodes=one,two Default=YES MaxTime=INFINITE State=UP
CONF
    # Snakemake clears SLURM's variables inside of jobs; elsewhere the file is /etc/slurm/slurm.conf.
    mkdir -p "$folder/bin"
    printf '#!/bin/sh\nexport SLURM_CONF="%s"\nexec %s "$@"\n' \
        "$SLURM_CONF" "$(command -v srun)" >"$folder/bin/srun"
    chmod +x "$folder/bin/srun"
    printf 'export SLURM_CONF="%s"\nexport PATH="%s:$PATH"\n' \
        "$SLURM_CONF" "$folder/bin" >"$folder/environment"
    mkdir -p "$folder/state" "$folder/spool-one" "$folder/spool-two"
    slurmctld
    slurmd -N one
    slurmd -N two
    for _ in $(seq 100); do
        [ "$(sinfo -h -t idle -o %D 2>/dev/null)" = 2 ] && break
        sleep 0.2
    done
    sinfo
    [ "$(sinfo -h -t idle -o %D)" = 2 ] || {
        echo "the nodes did not come up: see the .log files in $folder" >&2
        stop
        exit 1
    }
}

case $1 in
    start | stop) "$1" ;;
    *) echo "expected start or stop, not $1" >&2; exit 2 ;;
esac
