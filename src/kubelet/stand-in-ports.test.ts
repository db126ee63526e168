import { expect, test } from 'vitest'
import type { Container, Pod } from '../api/core.ts'
import { annotatedProgram } from './host-program-command.ts'
import { standInPorts } from './stand-in-ports.ts'

const web: Container = {
  name: 'web',
  ports: [
    { name: 'http', containerPort: 80 },
    { containerPort: 53, protocol: 'UDP' },
    { containerPort: 9, protocol: 'SCTP' },
    { containerPort: 80, protocol: 'TCP' },
  ],
}
const side: Container = { name: 'side', ports: [{ containerPort: 9090 }] }

function podOf(annotations: Record<string, string>, containers: readonly Container[] = [web, side]): Pod {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', annotations }, spec: { containers } }
}

const tcp = (port: number, address?: string) => ({
  port,
  protocol: 'TCP',
  ...(address === undefined ? {} : { address }),
})

test.each([
  ['declared ports', {}, web, [tcp(80), { port: 53, protocol: 'UDP' }]],
  ['no ports', {}, { name: 'bare' }, []],
  [
    'annotation',
    { 'portolan.dev/listen': '8080, 53/UDP,127.0.0.1:8081,[::1]:8082/tcp' },
    web,
    [tcp(8080), { port: 53, protocol: 'UDP' }, tcp(8081, '127.0.0.1'), tcp(8082, '::1')],
  ],
  ['annotation of nothing', { 'portolan.dev/listen': '' }, web, []],
  ["the annotation is the first container's", { 'portolan.dev/listen': '1' }, side, [tcp(9090)]],
  ['annotation by name', { 'portolan.dev/listen.side': '1' }, side, [tcp(1)]],
])('%s', (_, annotations, container, ports) => {
  expect(standInPorts(podOf(annotations), container)).toMatchObject({ ports })
})

test('SCTP is said', () => {
  expect(standInPorts(podOf({}), web)).toMatchObject({ notes: ['port 9/SCTP: a stand-in cannot listen on SCTP'] })
})

test.each(['x', '70000', '80/http', '1.2.3:80', '1.2.3.256:80', 'fd00::1:80', ':80', '80:90'])(
  '%s is no port',
  (text) => {
    expect(standInPorts(podOf({ 'portolan.dev/listen': text }), web)).toContain(JSON.stringify(text))
  },
)

test.each([
  [{}, web, [web], undefined],
  [{ 'portolan.dev/run': 'a' }, web, [web], 'a'],
  [{ 'portolan.dev/run': 'a' }, web, [web, side], undefined],
  [{ 'portolan.dev/run.web': 'b', 'portolan.dev/run': 'a' }, web, [web], 'b'],
  [{ 'portolan.dev/run.side': 'b' }, side, [web, side], 'b'],
  [{ 'portolan.dev/run': 'a' }, side, [web], undefined],
])('%j runs in a container', (annotations, container, containers, command) => {
  expect(annotatedProgram(podOf(annotations, containers), container)).toBe(command)
})
