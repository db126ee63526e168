/**
 * Random Services one after the other: the walk and the kernel agree where packets end, and what a difference made of a
 * table is what the next one would be if it were loaded alone.
 */
import { describe, expect, test } from 'vitest'
import { diff } from '../../src/nft/diff.ts'
import { encodeTransaction } from '../../src/nft/encode.ts'
import { nftablesBackend, type NodeProgram, STRICT_LIMIT } from '../../src/proxy/backends/nftables.ts'
import { CONTEXTS, servicesOf } from '../conformance/service-proxy/address-plan.ts'
import { walkRow } from '../conformance/service-proxy/walk.ts'
import { blocks, inNamespace, type Step as NftStep } from './nft-namespace.ts'
import { manyServices } from './packets/many-services.ts'
import { applyStep, connectStep, inNetwork, listenersAt, packetsMissing, type Step } from './packets/network.ts'
import { LISTENING, type Probe, randomStates } from './packets/random-states.ts'

const reason = packetsMissing()
const isLong = process.env['PORTOLAN_LONG'] !== undefined
/** 5,000 states in all. */
const [RUNS, STATES] = isLong ? [100, 50] : [1, 25]
/**
 * While the kernel makes room in a map of a thousand elements that was just filled, a list of it has some of them twice and
 * others not at all (seen on 6.18, in 3 of 5,000 states): then the next one counts.
 */
const LISTINGS = 5
/** Packets without an answer are waited for: so many in a state. */
const SILENT = 1
const [node] = CONTEXTS

interface Expected {
  readonly step: number
  readonly state: number
  readonly probe: Probe
  /** Any of them. */
  readonly ends: readonly string[]
}

interface Plan {
  readonly steps: Step[]
  readonly expected: Expected[]
  /** Steps that list the rules of the first node, and those that would make them alone. */
  readonly listings: { readonly step: number; readonly fresh: readonly NftStep[] }[]
  readonly transactions: number[]
}

/**
 * What a client sees of an end: where no Service answers, the node itself refuses, as nothing listens there; and a packet
 * without a way is not heard of again.
 */
function seenEnds(end: string): readonly string[] {
  if (/^node-\d:/.test(end)) return ['REJECT']
  return end === '-' ? [end, 'DROP'] : [end]
}

/** What session affinity has remembered is no rule. */
const withoutMemory = (listing: string | undefined): string =>
  (listing ?? '').replaceAll(/\n\t\telements = \{[^}]* expires [^}]*\}/g, '')

function hasElementTwice(listing: string | undefined): boolean {
  return [...(listing ?? '').matchAll(/elements = \{([^}]*)\}/g)].some(([, text = '']) => {
    const elements = text.split(',').map((element) => element.trim())
    return new Set(elements).size < elements.length
  })
}

/** A node's packets carry its own address before and after: only the walk can tell. */
const visible = (from: string, end: string): string => (from.startsWith('node-') ? end.replace(/(?<=\d)m$/, '') : end)

function plan(run: number): Plan {
  // Now and then with so many Services that they share their maps.
  const others = run % 10 === 9 ? manyServices(STRICT_LIMIT) : []
  const programs = new Map<string, NodeProgram>()
  const made: Plan = { steps: [], expected: [], listings: [], transactions: [] }
  for (const [state, { services, probes }] of randomStates(STATES, run + 1).entries()) {
    made.steps.push({ settle: true })
    for (const context of CONTEXTS) {
      const previous = programs.get(context.name)
      const next = nftablesBackend.compile(servicesOf([...services, ...others]), context, previous)
      programs.set(context.name, next)
      made.transactions.push(made.steps.push(applyStep(context.name, nftablesBackend.diff(previous, next))) - 1)
    }
    const tables = Object.fromEntries([...programs].map(([name, { table }]) => [name, table]))
    const rows = probes.map((probe) => ({
      probe,
      ends: walkRow(tables, ...probe)
        .split(' ')
        .flatMap(seenEnds),
    }))
    const silent = rows.filter(({ ends }) => ends.includes('DROP')).slice(SILENT)
    for (const row of rows.filter((row) => !silent.includes(row))) {
      const step = made.steps.push(connectStep(...row.probe)) - 1
      made.expected.push({ step, state, ...row })
    }
    const own = node && tables[node.name]
    if (own === undefined) throw new Error('the plan has no node')
    const step = made.steps.push({ at: own && node.name, run: ['nft', 'list', 'ruleset'] }) - 1
    const fresh: readonly NftStep[] = [
      { netlink: encodeTransaction(diff(undefined, own), 1).bytes },
      ...Array.from({ length: LISTINGS }, () => ({ run: ['nft', 'list', 'ruleset'] })),
      { run: ['nft', 'flush', 'ruleset'] },
    ]
    if (others.length === 0 || state % 10 === 0) made.listings.push({ step, fresh })
  }
  made.steps.push({ settle: true })
  return made
}

describe.skipIf(reason !== undefined)(`random Services${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  test.each(Array.from({ length: RUNS }, (_, run) => [run]))('run %d', { timeout: 120_000 }, (run) => {
    const { steps, expected, listings, transactions } = plan(run)
    const answers = inNetwork({ listeners: LISTENING.flatMap(listenersAt) }, steps)
    expect(transactions.flatMap((step) => answers[step] ?? [])).toEqual([])
    const wrong = expected.flatMap(({ step, state, probe: [from, to], ends }) => {
      const answer = answers[step]
      const seen = visible(from, typeof answer === 'string' ? answer : 'no end')
      return ends.map((end) => visible(from, end)).includes(seen)
        ? []
        : [`state ${state}: ${from} to ${to}: ${seen}, not ${ends.join(' ')}`]
    })
    expect(wrong).toEqual([])
    expect(expected.length).toBeGreaterThan(STATES)
    const alone = inNamespace(listings.flatMap(({ fresh }) => fresh))
    for (const [i, { step }] of listings.entries()) {
      const held = answers[step]
      const text = held !== null && typeof held === 'object' && 'stdout' in held ? held.stdout : ''
      const first = (LISTINGS + 2) * i + 1
      const listed = alone.slice(first, first + LISTINGS).map(({ stdout }) => stdout)
      const whole = listed.find((one) => !hasElementTwice(one)) ?? ''
      expect(blocks(withoutMemory(text))).toEqual(blocks(whole))
    }
  })
})
