import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { list } from '../model/snapshot.ts'
import { readClusterSnapshot } from './read-cluster.ts'

const CONTENTS: Readonly<Record<string, readonly object[]>> = {
  '/api/v1/services': [{ metadata: { name: 'a', namespace: 'x' }, spec: { ports: [{ port: 80 }] } }],
  '/api/v1/pods': [
    {
      metadata: { name: 'p', namespace: 'x', annotations: { own: '1' } },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    },
    { metadata: { name: 'bad', namespace: 'x' }, spec: { containers: 5 } },
  ],
}

/** Serves `CONTENTS`; refuses what `isRefused` says. */
async function withServer<T>(
  isRefused: (path: string) => boolean,
  action: (kubeconfig: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-read-'))
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    if (isRefused(path)) response.writeHead(403).end(JSON.stringify({ message: 'is forbidden' }))
    else response.end(JSON.stringify({ items: CONTENTS[path] ?? [], metadata: { resourceVersion: '7' } }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const kubeconfig = join(folder, 'config')
  const config = {
    kind: 'Config',
    'current-context': 'a',
    clusters: [{ name: 'a', cluster: { server: `http://127.0.0.1:${port}` } }],
    contexts: [{ name: 'a', context: { cluster: 'a' } }],
  }
  writeFileSync(kubeconfig, JSON.stringify(config))
  try {
    return await action(kubeconfig)
  } finally {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true })
  }
}

test('objects as a whole; what may not be read, and what is wrong, is named', async () => {
  const read = await withServer(
    (path) => path.endsWith('/nodes'),
    (kubeconfig) => readClusterSnapshot({ kubeconfig, environment: {} }),
  )
  expect(list(read.snapshot, 'Service').map(({ metadata }) => metadata.name)).toEqual(['a'])
  expect(list(read.snapshot, 'Pod')).toMatchObject([
    { metadata: { annotations: { own: '1' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
  ])
  expect(read.problems.toSorted()).toEqual([
    'Node: 403 is forbidden',
    expect.stringContaining('Pod x/bad is set aside: spec.containers'),
  ])
})

test('nothing at all', async () => {
  const read = withServer(
    () => true,
    (kubeconfig) => readClusterSnapshot({ kubeconfig, environment: {} }),
  )
  await expect(read).rejects.toThrow('403 is forbidden')
})
