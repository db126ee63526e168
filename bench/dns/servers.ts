/** The servers that are measured, each with the same names, one thread each. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { firstLine } from '../machine.ts'
import { ROOT } from '../root.ts'
import type { Names } from './data.ts'

export interface NameServer {
  readonly name: string
  /** Its version, or undefined where this machine does not have it. */
  readonly version: () => string | undefined
  /** The command that serves until it is stopped. Its files go to `folder`. */
  readonly command: (task: ServerTask) => readonly string[]
}

export interface ServerTask {
  readonly names: Names
  readonly zone: string
  readonly folder: string
  readonly port: number
  /** Of the server on loopback that knows the foreign names; none: they fail. */
  readonly upstream: number | undefined
}

export const PORTOLAN = 'Portolan'

export function portolan(ttl: number): NameServer {
  return {
    name: PORTOLAN,
    version: () => 'this checkout',
    command({ names, zone, folder, port, upstream }) {
      const file = join(folder, `objects-${port}.json`)
      writeFileSync(file, names.objects)
      const options = ['--objects', file, '--listen', `127.0.0.1:${port}`, '--zone', zone, '--ttl', String(ttl)]
      const forward = upstream === undefined ? 'none' : `127.0.0.1:${upstream}`
      return [process.execPath, join(ROOT, 'bin/portolan.js'), 'dns', ...options, '--upstream', forward]
    },
  }
}

export const dnsmasq: NameServer = {
  name: 'dnsmasq',
  version: () => firstLine('dnsmasq', '--version')?.replace(/ {2}.*/, ''),
  command({ names, zone, folder, port, upstream }) {
    const [hosts, file] = [join(folder, `hosts-${port}`), join(folder, `dnsmasq-${port}.conf`)]
    writeFileSync(hosts, names.hosts)
    writeFileSync(file, names.dnsmasq)
    const where = ['--keep-in-foreground', `--port=${port}`, '--listen-address=127.0.0.1', '--bind-interfaces']
    const data = ['--no-resolv', '--no-hosts', `--addn-hosts=${hosts}`, `--conf-file=${file}`, `--local=/${zone}/`]
    const rest = ['--cache-size=10000', '--local-ttl=5', '--pid-file=', '--user=', '--log-facility=/dev/null']
    return [
      'dnsmasq',
      ...where,
      ...data,
      ...rest,
      ...(upstream === undefined ? [] : [`--server=127.0.0.1#${upstream}`]),
    ]
  },
}

export const unbound: NameServer = {
  name: 'unbound',
  version: () => firstLine('unbound', '-V')?.replace(/^Version /, 'unbound '),
  command({ names, folder, port, upstream }) {
    const file = join(folder, `unbound-${port}.conf`)
    writeFileSync(file, unboundConfiguration(names, port, upstream))
    return ['unbound', '-d', '-c', file]
  },
}

const unboundConfiguration = (names: Names, port: number, upstream: number | undefined): string => `server:
  interface: 127.0.0.1@${port}
  do-daemonize: no
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  logfile: "/dev/null"
  num-threads: 1
  module-config: "iterator"
  do-not-query-localhost: no
  so-rcvbuf: 0
  access-control: 127.0.0.0/8 allow
${names.unbound.map((line) => `  ${line}\n`).join('')}remote-control:
  control-enable: no
${upstream === undefined ? '' : `forward-zone:\n  name: "."\n  forward-addr: 127.0.0.1@${upstream}\n`}`
