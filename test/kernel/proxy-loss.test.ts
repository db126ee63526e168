/** A client connects throughout endpoint changes, while the service proxy is killed again and again. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { blocks } from './nft-namespace.ts'
import { packetsMissing } from './packets/network.ts'

const reason = packetsMissing()
const world = fileURLToPath(new URL('loss/world.mjs', import.meta.url))
const flags = ['--user', '--map-root-user', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
const CHANGES = process.env['PORTOLAN_LONG'] === undefined ? 260 : 1000
const KILLS = Math.floor(CHANGES / 125)

interface Report {
  /** Number of a change, and when it was done. */
  readonly done: readonly (readonly [string, string])[]
  readonly last: number
  /** Begin, end, endpoint or error. */
  readonly connections: readonly (readonly [string, string, string])[]
  readonly listing: string
  readonly fresh: string
}

function play(): Report {
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    [...flags, process.execPath, world, String(CHANGES), String(KILLS)],
    { encoding: 'utf8', maxBuffer: 1 << 28, timeout: 110_000 },
  )
  if (status !== 0) throw new Error(`the world ended with ${status}: ${stderr.slice(-2000)}`)
  return JSON.parse(stdout)
}

describe.skipIf(reason !== undefined)(`losses${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  test(`none in ${CHANGES} changes and ${KILLS} kills`, { timeout: 120_000 }, async () => {
    const { endpointsAt }: { readonly endpointsAt: (index: number) => readonly string[] } = await import(
      new URL('loss/states.mjs', import.meta.url).href
    )
    const { done, last, connections, listing, fresh } = play()
    const times = done.map(([index, time]) => ({ index: Number(index), time: BigInt(time) }))
    /** The endpoints of all states that may have decided at some moment of a connection. */
    const allowed = (begin: bigint, end: bigint): ReadonlySet<string> => {
      const first = times.findLast(({ time }) => time <= begin)?.index ?? 0
      const latest = times.find(({ time }) => time >= end)?.index ?? CHANGES
      const states = Array.from({ length: latest - first + 1 }, (_, i) => first + i)
      return new Set(states.flatMap(endpointsAt))
    }
    const wrong = connections.filter(([begin, end, where]) => !allowed(BigInt(begin), BigInt(end)).has(where))
    expect(wrong).toEqual([])
    expect(last).toBe(CHANGES)
    expect(new Set(times.map(({ index }) => index)).size).toBeGreaterThan(CHANGES - 10 * KILLS)
    expect(connections.length).toBeGreaterThan(CHANGES)
    expect(blocks(listing)).toEqual(blocks(fresh))
  })
})
