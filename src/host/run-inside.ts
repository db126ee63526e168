import { spawn, type StdioOptions } from 'node:child_process'
import { constants } from 'node:os'

/** A namespace of a running engine, and the files that stand for the host's while a program runs in it. */
export interface InsidePlace {
  /** The engine's process, as the host counts. */
  readonly enginePid: number
  /** The engine's descriptor of the network namespace. */
  readonly netns: number
  readonly resolvConf: string
  readonly hosts?: string
}

/**
 * Puts the files in place, then becomes the program. Names must come from cluster DNS alone: nss-resolve would ask the
 * host's systemd-resolved over a socket, whatever resolv.conf says. /proc shows the engine's processes; a container
 * whose own /proc is masked refuses the mount, and the host's stays.
 */
const SCRIPT = `
bind() { [ -e "$2" ] && mount --bind "$1" "$2"; }
bind "$1" /etc/resolv.conf || exit 125
[ -z "$2" ] || bind "$2" /etc/hosts
[ -z "$3" ] || bind "$3" /etc/nsswitch.conf
mount -t proc proc /proc 2>/dev/null
shift 3
command -v -- "$1" >/dev/null || { echo "portolan: $1: no such program" >&2; exit 127; }
exec "$@"`

/**
 * Runs a program of the host inside, with the caller's files, folder, environment and terminal. The exit code of the
 * program; 128 + n where signal n ended it. It ends with the engine, in whose PID namespace it is.
 */
export function runInside(
  place: InsidePlace,
  command: readonly string[],
  stdio: StdioOptions,
  nsswitch: string | undefined,
): Promise<number> {
  const proc = `/proc/${place.enginePid}`
  const enter = [
    '--preserve-credentials',
    `--user=${proc}/ns/user`,
    `--net=${proc}/fd/${place.netns}`,
    `--pid=${proc}/ns/pid`,
  ]
  const files = [place.resolvConf, place.hosts ?? '', nsswitch ?? '']
  const inner = ['unshare', '--mount', 'sh', '-c', SCRIPT, 'sh', ...files, ...command]
  const child = spawn('nsenter', [...enter, '--', ...inner], { stdio })
  const ignore = (): void => undefined
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.on(signal, ignore)
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal)
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, forward)
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`nsenter: ${error.message}`)))
    child.once('exit', (code, signal) => {
      for (const name of ['SIGINT', 'SIGQUIT'] as const) process.off(name, ignore)
      for (const name of ['SIGTERM', 'SIGHUP'] as const) process.off(name, forward)
      resolve(signal === null ? (code ?? 0) : 128 + constants.signals[signal])
    })
  })
}
