import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { firstLine } from '../machine.ts'
import type { Peer } from './peer.ts'

/** TCP mode, one thread, and otherwise as it comes: it copies. */
export const haproxy: Peer = haproxyWith('HAProxy', [])

/** The same, told to splice wherever it can. */
export const haproxySplice: Peer = haproxyWith('HAProxy, splicing', ['option splice-auto'])

function haproxyWith(name: string, options: readonly string[]): Peer {
  return {
    name,
    version: () => firstLine('haproxy', '-v')?.replace(/ \d{4}\/.*/, ''),
    command({ listen, inherited, target, folder }) {
      const bind = inherited === undefined ? `${listen.address}:${listen.port}` : `fd@${inherited}`
      const file = join(folder, `haproxy-${listen.port}.cfg`)
      writeFileSync(file, configuration(bind, `${target.address}:${target.port}`, options))
      return ['haproxy', '-q', '-db', '-f', file]
    },
  }
}

const configuration = (bind: string, target: string, options: readonly string[]): string => `global
  nbthread 1
  maxconn 4000
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
${options.map((option) => `  ${option}\n`).join('')}listen bench
  bind ${bind}
  server target ${target}
`
