import { describe, expect, test } from 'vitest'
import { nftablesBackend } from '../../src/proxy/backends/nftables.ts'
import { CONTEXTS, servicesOf } from './service-proxy/address-plan.ts'
import { ROW_GROUPS } from './service-proxy/rows.ts'
import { walkRow } from './service-proxy/walk.ts'

describe.each(ROW_GROUPS)('$name', ({ services, rows }) => {
  const tables = Object.fromEntries(
    CONTEXTS.map((node) => [node.name, nftablesBackend.compile(servicesOf(services), node).table]),
  )

  test.each(rows)('%s to %s: %s', (from, to, expected) => {
    expect(walkRow(tables, from, to)).toBe(expected)
  })
})
