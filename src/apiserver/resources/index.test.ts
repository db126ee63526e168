import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { KINDS } from '../../api/kinds.ts'
import { STORED_KINDS } from '../../api/stored-kinds.ts'

test('every kind has its file, and every file its kind; those that are kept only share one', () => {
  const files = readdirSync(new URL('.', import.meta.url))
    .filter(
      (file) => !file.endsWith('.test.ts') && file !== 'index.ts' && file !== 'strategy.ts' && file !== 'stored.ts',
    )
    .map((file) => file.replace('.ts', ''))
  expect(files.sort()).toEqual(
    Object.entries(KINDS)
      .filter(([kind]) => !Object.hasOwn(STORED_KINDS, kind))
      .map(([, info]) => info.plural)
      .sort(),
  )
})
