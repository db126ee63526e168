import { describe, expect, test } from 'vitest'
import { categorizeEndpoints } from './categorize-endpoints.ts'
import type { Endpoint, ServicePortInfo } from './resolve-services.ts'

type Info = Parameters<typeof categorizeEndpoints>[0]

/**
 * `1@node-1 ready zone=a node=b`: address 10.0.0.1 on node-1. `ending`: serving and terminating; `dead`: terminating
 * only; `unready`; `zone=` and `node=`: hints.
 */
function endpoint(text: string): Endpoint {
  const [place = '', state, ...hints] = text.split(' ')
  const [number, nodeName] = place.split('@')
  const hinted = (key: string): readonly string[] =>
    hints.filter((hint) => hint.startsWith(key)).map((hint) => hint.slice(key.length))
  return {
    ip: `10.0.0.${number}`,
    port: 80,
    ...(nodeName && { nodeName }),
    ready: state === 'ready',
    serving: state === 'ready' || state === 'ending',
    terminating: state === 'ending' || state === 'dead',
    hints: { zones: hinted('zone='), nodes: hinted('node=') },
  }
}

const plain: Omit<Info, 'endpoints'> = {
  internalTrafficPolicy: 'Cluster',
  externalTrafficPolicy: 'Cluster',
  nodePort: 0,
  loadBalancerVIPs: [],
  externalIPs: [],
}
const eTPLocal: Partial<ServicePortInfo> = { externalTrafficPolicy: 'Local', nodePort: 30080 }
const iTPLocal: Partial<ServicePortInfo> = { internalTrafficPolicy: 'Local' }

/** Name, Service, endpoints, cluster set, local set (numbers), has any. All as seen from node-1 in zone a. */
type Row = [string, Partial<ServicePortInfo>, string[], number[], number[], boolean]

const POLICIES: Row[] = [
  ['Cluster', {}, ['1@node-1 ready', '2@node-2 ready'], [1, 2], [], true],
  [
    'iTP Local without external frontend uses no Cluster set',
    iTPLocal,
    ['1@node-1 ready', '2@node-2 ready'],
    [],
    [1],
    true,
  ],
  ['iTP Local, none local', iTPLocal, ['2@node-2 ready'], [], [], true],
  [
    'iTP Local with a nodePort',
    { ...iTPLocal, nodePort: 30080 },
    ['1@node-1 ready', '2@node-2 ready'],
    [1, 2],
    [1],
    true,
  ],
  ['eTP Local', eTPLocal, ['1@node-1 ready', '2@node-2 ready'], [1, 2], [1], true],
  ['one that names no node is elsewhere', eTPLocal, ['1@ ready', '2@node-1 ready'], [1, 2], [2], true],
  ['eTP Local, but nothing external', { externalTrafficPolicy: 'Local' }, ['1@node-1 ready'], [1], [], true],
  [
    'eTP Local with a VIP only',
    { ...eTPLocal, nodePort: 0, loadBalancerVIPs: ['1.2.3.4'] },
    ['1@node-1 ready'],
    [1],
    [1],
    true,
  ],
  ['no endpoints', {}, [], [], [], false],
]

const TERMINATING: Row[] = [
  ['ready ones only while there are any', {}, ['1@node-1 ready', '2@node-1 ending'], [1], [], true],
  ['else those that still serve', {}, ['1@node-1 ending', '2@node-2 ending', '3@node-2 dead'], [1, 2], [], true],
  ['all dead', {}, ['1@node-1 dead', '2@node-2 unready'], [], [], false],
  [
    'local: ready, ending, dead; remote: ready',
    eTPLocal,
    ['1@node-1 ready', '2@node-1 ready', '3@node-1 ending', '4@node-1 dead', '5@node-2 ready'],
    [1, 2, 5],
    [1, 2],
    true,
  ],
  [
    'local falls back on its own',
    eTPLocal,
    ['1@node-1 ending', '2@node-1 ending', '3@node-1 dead', '4@node-2 ready'],
    [4],
    [1, 2],
    true,
  ],
  ['only a remote one that ends', eTPLocal, ['1@node-2 ending'], [1], [], true],
]

const TOPOLOGY: Row[] = [
  ['own zone', {}, ['1@node-1 ready zone=a', '2@node-2 ready zone=b'], [1], [], true],
  ['several hints', {}, ['1@node-1 ready zone=b', '2@node-2 ready zone=b zone=a'], [2], [], true],
  ['one without hint', {}, ['1@node-1 ready zone=a', '2@node-2 ready'], [1, 2], [], true],
  ['foreign zones only', {}, ['1@node-1 ready zone=b', '2@node-2 ready zone=c'], [1, 2], [], true],
  ['unready ones do not count', {}, ['1@node-1 ready zone=a', '2@node-2 unready'], [1], [], true],
  ['only unready ones in the own zone', {}, ['1@node-1 unready zone=a', '2@node-2 ready zone=b'], [2], [], true],
  ['nodes before zones', {}, ['1@node-1 ready zone=a node=node-1', '2@node-2 ready zone=a node=node-2'], [1], [], true],
  ['one without node hint', {}, ['1@node-1 ready zone=a node=node-1', '2@node-2 ready zone=a'], [1, 2], [], true],
  ['local sets ignore it', eTPLocal, ['1@node-1 ready zone=b', '2@node-2 ready zone=a'], [2], [1], true],
  ['and so does the fallback', {}, ['1@node-1 ending zone=a', '2@node-2 ending zone=b'], [1, 2], [], true],
]

const numbers = (endpoints: readonly Endpoint[]): number[] => endpoints.map(({ ip }) => Number(ip.split('.').at(-1)))

describe('categorizeEndpoints', () => {
  test.each([...POLICIES, ...TERMINATING, ...TOPOLOGY])('%s', (_name, service, endpoints, cluster, local, hasAny) => {
    const result = categorizeEndpoints({ ...plain, ...service, endpoints: endpoints.map(endpoint) }, 'node-1', 'a')
    expect([numbers(result.cluster), numbers(result.local), result.hasAny]).toEqual([cluster, local, hasAny])
  })

  test.each([undefined, ''])('a node without zone (%j) takes all', (zone) => {
    const endpoints = ['1@node-1 ready zone=a', '2@node-2 ready zone=b'].map(endpoint)
    expect(numbers(categorizeEndpoints({ ...plain, endpoints }, 'node-1', zone).cluster)).toEqual([1, 2])
  })
})
