/** How a host program gets its own mount, UTS and PID namespaces: a command line for util-linux `unshare`. */

export interface Isolation {
  readonly hostname: string
  /** Files to be seen as /etc/resolv.conf and /etc/hosts. */
  readonly resolvConf?: string
  readonly hosts?: string
  /** A root to change to, with the folder to go to in it. */
  readonly root?: { readonly path: string; readonly workingDirectory: string }
  /** Who it is to run as; without, the user whose ids the namespace maps to 0. */
  readonly user?: { readonly uid: number; readonly gid: number }
}

/** Written on descriptor 3 once the namespaces are made and the program is next. Lines before it are notes. */
export const STARTED = 'started'

const SETUP = `
note() { echo "$1" >&3; }
if [ -n "$6" ]; then
  cd "$6" && PATH="$PATH:/usr/sbin:/sbin" pivot_root . . && umount -l . && cd "$7" || exit 125
fi
mount -t proc proc /proc 2>/dev/null || note 'its /proc shows the processes outside as well'
[ -z "$2" ] || mount --bind "$2" /etc/resolv.conf 2>/dev/null ||
  note '/etc/resolv.conf cannot be mounted, names of the cluster are not found'
[ -z "$3" ] || mount --bind "$3" /etc/hosts 2>/dev/null || note '/etc/hosts cannot be mounted'
become=
if [ -n "$4" ]; then
  become="setpriv --reuid $4 --regid $5 --clear-groups"
  $become true 2>/dev/null || { become=; note "it cannot run as user $4, and runs as the one who started the network"; }
fi
hostname "$1" 2>/dev/null || (echo "$1" >/proc/sys/kernel/hostname) 2>/dev/null ||
  note 'its host name cannot be set'
note ${STARTED}`

/**
 * PID 1 of the namespace. The program is its child: to a PID 1 without a handler the kernel delivers no SIGTERM. It runs
 * in the foreground: a background job of sh would ignore SIGINT. The init's own stderr is closed, else sh writes
 * "Terminated" into the log. Where the program was a shell that died of SIGTERM, what it started never heard of it: it
 * gets SIGTERM too, and up to 30 s.
 */
const INIT = `${SETUP}
exec 4>&2 2>/dev/null 3>&-
shift 7
(exec 2>&4 4>&-; exec $become "$@")
code=$?
if [ $code = 143 ]; then
  kill -TERM -1
  left=300
  while [ $left -gt 0 ] && kill -0 -1; do sleep 0.1; left=$((left - 1)); done
fi
exit $code`

const NAMESPACES = ['--mount', '--uts', '--pid', '--fork', '--kill-child']

/**
 * Arguments of `unshare` that run a program under an init, its exit code 128 + n where signal n ended it. Descriptor 3
 * must be open for the notes; the network namespace, the folder, the streams and the environment are the caller's.
 */
export function isolatedProgram(isolation: Isolation, program: readonly string[]): readonly string[] {
  const { hostname, resolvConf = '', hosts = '', user, root } = isolation
  const ids = user === undefined ? ['', ''] : [String(user.uid), String(user.gid)]
  const place = [root?.path ?? '', root?.workingDirectory ?? '']
  return [
    ...NAMESPACES,
    '/bin/sh',
    '-c',
    INIT,
    'portolan-init',
    hostname,
    resolvConf,
    hosts,
    ...ids,
    ...place,
    ...program,
  ]
}
