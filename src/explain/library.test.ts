import { expect, test } from 'vitest'
import { CLIENT, service, WEB } from '../../test/trace/manifests.ts'
import { chart, chartModel, check, parseManifests, trace } from './library.ts'

const FILES = [
  { name: 'client.yaml', text: CLIENT },
  { name: 'web.yaml', text: `${WEB}${service('web', '[{port: 80, targetPort: web}]')}` },
]

test('all that the library offers, from texts alone', () => {
  const manifest = parseManifests(FILES)
  expect(manifest.diagnostics).toEqual([])
  expect(check(manifest).map(({ code, location }) => `${code} ${location.file}`)).toContain('PTL301 web.yaml')
  const { verdict, brokenAt } = trace(manifest, 'deploy/client', 'http://web/', { namespace: 'shop' })
  expect([verdict, brokenAt]).toEqual(['BROKEN', 'endpoint'])
  expect(chart(manifest, { service: 'web' })).toMatch(/^flowchart LR\n/)
  expect(chart(manifest, { format: 'svg' })).toMatch(/^<svg /)
  expect(chartModel(manifest).services.map(({ name }) => name)).toEqual(['web'])
})

test('wrong use is a RangeError in one sentence', () => {
  expect(() => trace(parseManifests([]), 'nobody', 'http://web/')).toThrow(RangeError)
})
