import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { KINDS } from '../../api/kinds.ts'

test('every kind has its file, and every file its kind', () => {
  const files = readdirSync(new URL('.', import.meta.url))
    .filter((file) => !file.endsWith('.test.ts') && file !== 'index.ts' && file !== 'strategy.ts')
    .map((file) => file.replace('.ts', ''))
  expect(files.sort()).toEqual(
    Object.values(KINDS)
      .map((info) => info.plural)
      .sort(),
  )
})
