import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CONTROLLERS } from './index.ts'

test('every controller is registered: one file, one line', () => {
  const others = new Set(['controller.ts', 'fixed-point.ts', 'index.ts'])
  const files = readdirSync(new URL('.', import.meta.url))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !others.has(file))
    .map((file) => file.replace('.ts', ''))
  expect(CONTROLLERS.map(({ name }) => name).sort()).toEqual(files.sort())
})
