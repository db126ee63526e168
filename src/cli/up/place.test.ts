import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createStateDirectory, lockNetwork, stateDirectory } from '../../cluster/state/state-directory.ts'
import { findPlace } from './place.ts'

let root: string
const closing: (() => void)[] = []
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'portolan-place-'))
  vi.stubEnv('XDG_RUNTIME_DIR', root)
})
afterEach(() => {
  for (const close of closing.splice(0)) close()
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true })
})

/** What an `up` in this folder has made of its network when it answers. */
async function startIn(folder: string): Promise<void> {
  const directory = stateDirectory('shop')
  const lock = await lockNetwork(directory)
  createStateDirectory(directory, folder)
  const server = createServer((_request, response) => void response.end('{}')).listen(directory.socket)
  closing.push(
    () => lock?.close(),
    () => server.close(),
  )
}

test('nobody has the name', async () => {
  const place = await findPlace('shop', '/a/shop')
  expect(place.kind).toBe('free')
  if (place.kind === 'free') place.lock.close()
})

test.each([
  ['the same folder', '/a/shop', 'running'],
  ['another folder, which had seen nobody of that name yet', '/b/shop', 'taken'],
  ['another folder, whose user chose the name', undefined, 'running'],
])('%s: %s', async (_, folder, kind) => {
  await startIn('/a/shop')
  expect((await findPlace('shop', folder)).kind).toBe(kind)
})
