import { expect, test } from 'vitest'
import { programWarnings } from './program-warnings.ts'

const containers = [{ name: 'nginx' }, { name: 'log' }]
const pod = (annotations: object): unknown => ({
  kind: 'Pod',
  metadata: { name: 'web', annotations },
  spec: { containers },
})
const deployment = (annotations: object): unknown => ({
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { template: { metadata: { annotations }, spec: { containers, initContainers: [{ name: 'wait' }] } } },
})

test.each([
  ['no program', pod({}), {}, []],
  ['right container', pod({ 'portolan.dev/run.nginx': 'x' }), {}, []],
  ['the only container', pod({ 'portolan.dev/run': 'x' }), {}, []],
  [
    'annotation with a typing mistake',
    pod({ 'portolan.dev/run.ngnix': 'x' }),
    {},
    ['portolan.dev/run.ngnix: there is no container "ngnix", did you mean "nginx"?'],
  ],
  ['init container', deployment({ 'portolan.dev/run.wait': 'x' }), {}, []],
  [
    'annotation of a template',
    deployment({ 'portolan.dev/run.other': 'x' }),
    {},
    ['portolan.dev/run.other: there is no container "other"'],
  ],
  ['--run of a Pod', pod({}), { web: 'x' }, []],
  ['--run with a container', deployment({}), { 'shop/web:log': 'x' }, []],
  [
    '--run of nothing',
    pod({}),
    { wbe: 'x' },
    ['--run wbe: namespace default of the files has no workload "wbe", did you mean "web"?'],
  ],
  [
    '--run in another namespace',
    deployment({}),
    { web: 'x' },
    ['--run web: namespace default of the files has no workload "web"'],
  ],
  [
    '--run of a container that is not there',
    pod({}),
    { 'web:lgo': 'x' },
    ['--run web:lgo: web has no container "lgo", did you mean "log"?'],
  ],
  ['nonsense', { kind: 'Pod', metadata: 3, spec: [] }, {}, []],
])('%s', (_, value, run, messages) => {
  expect(programWarnings([value], run).map(({ message }) => message)).toEqual(messages)
})

test('an annotation says its place', () => {
  expect(programWarnings([deployment({ 'portolan.dev/run.other': 'x' })], {})).toMatchObject([
    { index: 0, path: ['spec', 'template', 'metadata', 'annotations', 'portolan.dev/run.other'] },
  ])
})
