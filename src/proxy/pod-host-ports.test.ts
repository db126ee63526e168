import { expect, test } from 'vitest'
import type { ContainerPort, Pod } from '../api/core.ts'
import { render } from '../nft/render.ts'
import { compileHostPorts } from './pod-host-ports.ts'

function podOf(ip: string, ports: readonly ContainerPort[], more: Partial<Pod['spec']> = {}, status: object = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n' },
    spec: { containers: [{ name: 'c', ports }], ...more },
    status: { podIPs: [{ ip }, { ip: 'fd00::7' }], ...status },
  }
}
const [web, dns]: readonly [ContainerPort, ContainerPort] = [
  { containerPort: 80, hostPort: 8080 },
  { containerPort: 53, hostPort: 5353, protocol: 'UDP', hostIP: '127.0.0.1' },
]
test('the table of two ports', () => {
  const text = render([compileHostPorts([podOf('10.244.1.2', [web, dns])], 'IPv4')])
  expect(text).toContain('127.0.0.1 . udp . 5353 : 10.244.1.2 . 53')
  expect(text).toContain('tcp . 8080 : 10.244.1.2 . 80')
  expect(text).toContain('10.244.1.2 . 10.244.1.2 . tcp . 80')
  expect(text).toMatch(/type nat hook prerouting priority -99/)
})

test('IPv6 has the ports of every address', () => {
  const text = render([compileHostPorts([podOf('10.244.1.2', [web, dns])], 'IPv6')])
  expect(text).toContain('tcp . 8080 : fd00::7 . 80')
  expect(text).not.toContain('127.0.0.1')
})

test.each<[string, Pod[]]>([
  ['no hostPort', [podOf('10.244.1.2', [{ containerPort: 80 }])]],
  ['on the node itself', [podOf('10.244.1.2', [web], { hostNetwork: true })]],
  ['finished', [podOf('10.244.1.2', [web], {}, { phase: 'Succeeded' })]],
  ['without an address', [podOf('10.244.1.2', [web], {}, { podIPs: [] })]],
  ['a hostIP that is none', [podOf('10.244.1.2', [{ ...web, hostIP: 'foo' }])]],
  [
    'a port of an init container that ends',
    [podOf('10.244.1.2', [], { initContainers: [{ name: 'i', ports: [web] }] })],
  ],
])('nothing for a Pod %s', (_why, pods) => expect(compileHostPorts(pods, 'IPv4').sets.size).toBe(0))

test('of two Pods with one port the first one has it', () => {
  const text = render([compileHostPorts([podOf('10.244.1.2', [web]), podOf('10.244.1.3', [web])], 'IPv4')])
  expect(text).toContain('tcp . 8080 : 10.244.1.2 . 80')
  expect(text).not.toContain('8080 : 10.244.1.3')
})
