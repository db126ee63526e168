import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkInputs } from './check-inputs.ts'

const folder = new URL('../../../test/check/healthy/', import.meta.url)
const files = readdirSync(folder)

test('there are at least 30 of them', () => {
  expect(files.length).toBeGreaterThanOrEqual(30)
})

/** A Service, workload or the like in a file: otherwise its silence says nothing. */
test.each(files)('%s gives no error and no warning', (file) => {
  const { findings, summary } = checkInputs([{ file, text: readFileSync(new URL(file, folder), 'utf8') }])
  expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([])
  expect(summary.objects).toBeGreaterThan(1)
})
