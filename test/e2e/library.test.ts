/** The package's entry in a place without Node: no module of its own, no `process`, no `Buffer`. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'
import { CHECKOUT } from './network.ts'

const ENTRY = join(CHECKOUT, JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8')).exports['.'].import)
const IMPORT = /(?:^|\n)\s*(?:import|export)\b[^'";]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g
const FILES = [
  {
    name: 'web.yaml',
    text: 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}\n',
  },
  {
    name: 'pod.yaml',
    text: 'apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec: {containers: [{name: c, ports: [{containerPort: 8080}]}]}\n',
  },
]

/** What the entry loads, by file; and what is no file of the package. */
function closure(entry: string): { readonly files: ReadonlySet<string>; readonly others: ReadonlySet<string> } {
  const files = new Set([entry])
  const others = new Set<string>()
  // The set grows while it is walked.
  for (const file of files) {
    for (const [, found, dynamic] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      const specifier = found ?? dynamic ?? ''
      if (specifier.startsWith('.')) files.add(join(dirname(file), specifier))
      else others.add(specifier)
    }
  }
  return { files, others }
}

test('nothing that the entry loads is a module of Node', () => {
  const { files, others } = closure(ENTRY)
  expect(files.size).toBeGreaterThan(100)
  expect([...others]).toEqual(['js-yaml'])
})

test('it runs where there is nothing but the language', async () => {
  const bundle = await rolldown({
    input: ENTRY,
    platform: 'browser',
    onLog: (_level, log) => {
      throw new Error(log.message)
    },
  })
  const { output } = await bundle.generate({ format: 'iife', name: 'portolan' })
  await bundle.close()
  const [chunk] = output
  const page = createContext({ FILES })
  const seen: unknown = runInContext(
    `${chunk.code}
    const manifest = portolan.parseManifests(FILES)
    JSON.stringify({
      absent: [typeof process, typeof Buffer, typeof require, typeof setTimeout, typeof document],
      codes: portolan.check(manifest).map((finding) => finding.code),
      verdict: portolan.trace(manifest, 'pod/web', 'http://web/').verdict,
      charts: ['mermaid', 'svg', 'terminal', 'json'].map((format) => portolan.chart(manifest, { format }).length > 100),
    })`,
    page,
  )
  expect(JSON.parse(String(seen))).toEqual({
    absent: Array.from({ length: 5 }, () => 'undefined'),
    codes: expect.arrayContaining(['PTL301']),
    verdict: 'BROKEN',
    charts: [true, true, true, true],
  })
})
