import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { failures, parseReplies } from '../../src/nft/decode.ts'
import { diff } from '../../src/nft/diff.ts'
import { encodeChange, encodeTransaction } from '../../src/nft/encode.ts'
import type { Operation } from '../../src/nft/operation.ts'
import { render, renderOperations } from '../../src/nft/render.ts'
import { anyTable } from './nft-arbitrary.ts'
import { blocks, inNamespace, missing, type Step } from './nft-namespace.ts'
import { nftSet, table } from './nft-shapes.ts'

const reason = missing()
const list: Step = { run: ['nft', 'list', 'ruleset'] }

function read(text: string): Step {
  return { run: ['nft', '-f', '-'], input: text }
}

describe.skipIf(reason !== undefined)(`transactions${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const tables = fc.sample(anyTable, { numRuns: 60, seed: 1 })

  test('the kernel takes each difference, and holds the next table then', () => {
    const steps = tables.flatMap((next, i) => {
      const { bytes } = encodeTransaction(diff(tables[i - 1], next), 1)
      return [...(bytes.length > 40 ? [{ netlink: bytes }] : []), list]
    })
    const wanted = tables.flatMap((next) => [read(render([next])), list, { run: ['nft', 'flush', 'ruleset'] }])
    const listings = inNamespace(steps)
    const byText = inNamespace(wanted)
    for (const result of listings) expect(parseReplies(result.replies).filter(({ error }) => error !== 0)).toEqual([])
    expect(byText.filter(({ status }) => status !== 0)).toEqual([])
    const listed = listings.filter(({ replies }) => replies.length === 0)
    for (const [i, result] of listed.entries()) expect(blocks(result.stdout)).toEqual(blocks(byText[3 * i + 1]?.stdout))
  })

  test('the kernel takes each difference cut into small transactions', () => {
    const steps = tables.flatMap((next, i) => {
      const previous = tables[i - 1]
      const transactions = encodeChange(previous ? [previous] : [], [next], 1, 2200)
      return [...transactions.map(({ bytes }) => ({ netlink: bytes })), list]
    })
    const results = inNamespace(steps)
    const wanted = inNamespace(tables.flatMap((next) => [read(render([next])), list, read('flush ruleset')]))
    expect(steps.length).toBeGreaterThan(tables.length * 2)
    for (const { replies } of results) expect(parseReplies(replies).filter(({ error }) => error !== 0)).toEqual([])
    const listed = results.filter(({ replies }) => replies.length === 0)
    for (const [i, { stdout }] of listed.entries()) expect(blocks(stdout)).toEqual(blocks(wanted[3 * i + 1]?.stdout))
  })

  test('nft takes each difference as text', () => {
    const steps = tables.flatMap((next, i) => [read(renderOperations(diff(tables[i - 1], next))), list])
    const results = inNamespace(steps)
    expect(results.filter(({ status }) => status !== 0)).toEqual([])
    const [end, wanted] = [results.at(-1), inNamespace([read(render(tables.slice(-1))), list])[1]]
    expect(blocks(end?.stdout)).toEqual(blocks(wanted?.stdout))
  })

  test('a failure names its operation, and nothing is applied', () => {
    const name = { family: 'ip', name: 't' } as const
    const set = nftSet('members', { key: ['ipv4_addr'] }, { key: ['1.1.1.1'] })
    const operations: readonly Operation[] = [
      ...diff(undefined, table('ip', 't', [set], [])),
      { kind: 'delete chain', table: name, chain: 'not-there' },
      { kind: 'add chain', table: name, chain: { name: 'a' } },
      { kind: 'delete set', table: name, set: nftSet('neither', { key: ['ipv4_addr'] }) },
    ]
    const transaction = encodeTransaction(operations, 77)
    const [result, listed] = inNamespace([{ netlink: transaction.bytes }, list])
    const found = failures(transaction, parseReplies(result?.replies ?? new Uint8Array()))
    expect(found).toMatchObject([
      { operation: 3, name: 'ENOENT' },
      { operation: 5, name: 'ENOENT' },
    ])
    expect(listed?.stdout).toBe('')
  })

  test('a loop of jumps is refused', () => {
    const loop = (name: string, chain: string) =>
      ({ name, rules: [{ statements: [{ kind: 'verdict', verdict: { kind: 'jump', chain } }] }] }) as const
    const base = { ...loop('base', 'a'), hook: { type: 'filter', hook: 'input', priority: 0 } } as const
    const transaction = encodeTransaction(
      diff(undefined, table('ip', 't', [], [loop('a', 'b'), loop('b', 'a'), base])),
      5,
    )
    const [result, listed] = inNamespace([{ netlink: transaction.bytes }, list])
    const found = failures(transaction, parseReplies(result?.replies ?? new Uint8Array()))
    // The name of the error is not the same in every kernel.
    expect(found.map(({ name }) => name.replace('ELOOP', 'EMLINK'))).toEqual(['EMLINK'])
    expect(listed?.stdout).toBe('')
  })

  test('50,000 elements are one transaction', () => {
    const elements = Array.from({ length: 50_000 }, (_, i) => ({
      key: [`10.96.${i >> 8}.${i & 255}`, 'tcp', '80', `${i % 5}`],
      data: [`10.244.${i >> 8}.${i & 255}`, '8080'],
    }))
    const set = nftSet(
      'ring',
      {
        key: ['ipv4_addr', 'inet_proto', 'inet_service', 'integer'],
        data: ['ipv4_addr', 'inet_service'],
        size: 65_536,
      },
      ...elements,
    )
    const transaction = encodeTransaction(diff(undefined, table('ip', 't', [set], [])), 1)
    const element = { run: ['nft', 'get', 'element', 'ip', 't', 'ring', '{ 10.96.195.79 . tcp . 80 . 4 }'] }
    const [result, last] = inNamespace([{ netlink: transaction.bytes }, element])
    expect(parseReplies(result?.replies ?? new Uint8Array())).toEqual([
      { sequence: transaction.lastSequence, error: 0 },
    ])
    expect(last?.stdout).toContain('10.96.195.79 . tcp . 80 . 4 : 10.244.195.79 . 8080')
  })
})
