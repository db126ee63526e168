import { describe, expect, test } from 'vitest'
import { failures, parseReplies } from '../../src/nft/decode.ts'
import { diffPhases, diffTables } from '../../src/nft/diff.ts'
import { encodeBatches, encodeTransaction, type Transaction } from '../../src/nft/encode.ts'
import { render, renderOperations } from '../../src/nft/render.ts'
import { blocks, inNamespace, missing, type Result, type Step } from './nft-namespace.ts'
import { shapes } from './nft-shapes.ts'

const reason = missing()
const list: Step = { run: ['nft', 'list', 'ruleset'] }
const listJson: Step = { run: ['nft', '-j', 'list', 'ruleset'] }

function read(text: string): Step {
  return { run: ['nft', '-f', '-'], input: text }
}

function expectDone(transaction: Transaction, result: Result | undefined): void {
  const replies = parseReplies(result?.replies ?? new Uint8Array())
  expect(failures(transaction, replies)).toEqual([])
  expect(replies).toEqual([{ sequence: transaction.lastSequence, error: 0 }])
}

describe.skipIf(reason !== undefined)(
  `netlink and nft's text agree${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    test.each(shapes.map((table) => [`${table.family} ${table.name}`, table] as const))('%s', (_, table) => {
      const transaction = encodeTransaction(diffTables([], [table]), 1000)
      const [applied, listed, json, read1, byText] = inNamespace([
        { netlink: transaction.bytes },
        list,
        listJson,
        { run: ['nft', 'flush', 'ruleset'] },
        read(render([table])),
        list,
      ]).filter((_, i) => i !== 3)
      expectDone(transaction, applied)
      expect(read1).toMatchObject({ status: 0, stderr: '' })
      expect(blocks(listed?.stdout)).toEqual(blocks(byText?.stdout))
      expect(json).toMatchObject({ status: 0 })
      expect(JSON.parse(json?.stdout ?? '')).toHaveProperty('nftables')
      const [reread, again] = inNamespace([read(listed?.stdout ?? ''), list])
      expect(reread).toMatchObject({ status: 0, stderr: '' })
      expect(blocks(again?.stdout)).toEqual(blocks(listed?.stdout))
    })

    test('operations as text do the same', () => {
      const operations = diffTables([], shapes)
      const back = diffTables(shapes, [])
      const [added, listed, byTable, byTableListed] = [
        ...inNamespace([read(renderOperations(operations)), list]),
        ...inNamespace([read(render(shapes)), list]),
      ]
      expect(added).toMatchObject({ status: 0, stderr: '' })
      expect(byTable).toMatchObject({ status: 0, stderr: '' })
      expect(blocks(listed?.stdout)).toEqual(blocks(byTableListed?.stdout))
      const [, removed, empty] = inNamespace([read(render(shapes)), read(renderOperations(back)), list])
      expect(removed).toMatchObject({ status: 0, stderr: '' })
      expect(empty?.stdout).toBe('')
    })

    test('several batches do the same as one', () => {
      const one = encodeTransaction(diffTables([], shapes), 1)
      const many = encodeBatches(diffPhases([], shapes), 1, 60_000) ?? []
      expect(many.length).toBeGreaterThan(1)
      const [first, wanted] = inNamespace([{ netlink: one.bytes }, list])
      expectDone(one, first)
      const results = inNamespace([...many.map(({ bytes }) => ({ netlink: bytes })), list])
      for (const [i, transaction] of many.entries()) expectDone(transaction, results[i])
      expect(blocks(results.at(-1)?.stdout)).toEqual(blocks(wanted?.stdout))
    })
  },
)
