import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AnyObject } from '../../api/kinds.ts'
import { openStateFile } from './state-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-state-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const configMap = (name: string, version: number, text = ''): AnyObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', uid: name, resourceVersion: String(version) },
  data: { text },
})

describe.skipIf(process.platform !== 'linux')('the state file', () => {
  test('an empty folder holds nothing', async () => {
    const file = await openStateFile(folder, 'net')
    expect([file.objects(), file.recall('applied')]).toEqual([[], undefined])
    file.close()
  })

  test('what was flushed is there again: the last word on each object, and notes', async () => {
    const file = await openStateFile(folder, 'net')
    file.record({ type: 'ADDED', object: configMap('a', 1) })
    file.record({ type: 'ADDED', object: configMap('b', 2) })
    file.record({ type: 'MODIFIED', object: configMap('a', 3, 'ü "quoted"') })
    file.remember('applied', [['ConfigMap default/a', '{}']])
    expect(file.flush()).toBeUndefined()
    file.record({ type: 'DELETED', object: configMap('b', 4) })
    expect(file.flush()).toBeUndefined()
    file.record({ type: 'ADDED', object: configMap('never-flushed', 5) })
    file.close()
    const again = await openStateFile(folder, 'net')
    expect(again.objects()).toEqual([configMap('a', 3, 'ü "quoted"')])
    expect(again.recall('applied')).toEqual([['ConfigMap default/a', '{}']])
    expect(again.recall('resourceVersion')).toBe(4)
    again.close()
  })

  test('events are there again, without those that are gone', async () => {
    const file = await openStateFile(folder, 'net')
    for (const name of ['a', 'b', 'a']) file.keepEvent(`default/${name}`, { message: name })
    expect(file.flush()).toBeUndefined()
    file.keepEvent('default/b', undefined)
    expect(file.flush()).toBeUndefined()
    file.close()
    const again = await openStateFile(folder, 'net')
    expect(again.events()).toEqual([{ message: 'a' }])
    again.close()
  })

  test('a process that was killed leaves a lock of SQLite behind, and is no obstacle', async () => {
    const script = `
      const { Database } = require('node-sqlite3-wasm')
      const database = new Database(process.argv[1])
      database.all('PRAGMA locking_mode = EXCLUSIVE')
      database.all('PRAGMA journal_mode = WAL')
      database.exec('CREATE TABLE object (kind TEXT, key TEXT, value TEXT, PRIMARY KEY (kind, key))')
      database.run("INSERT INTO object VALUES ('ConfigMap', 'default/a', ?)", [process.argv[2]])
      database.exec("BEGIN; INSERT INTO object VALUES ('ConfigMap', 'default/b', '{}')")
      process.kill(process.pid, 'SIGKILL')`
    const path = join(folder, 'portolan.db')
    const { signal } = spawnSync(process.execPath, ['-e', script, path, JSON.stringify(configMap('a', 1))])
    expect([signal, existsSync(`${path}.lock`)]).toEqual(['SIGKILL', true])
    const file = await openStateFile(folder, 'net')
    expect(file.objects()).toEqual([configMap('a', 1)])
    file.close()
  })

  test('what is no database is refused by its name, and left alone', async () => {
    writeFileSync(join(folder, 'portolan.db'), 'something of somebody else'.repeat(100))
    await expect(openStateFile(folder, 'net')).rejects.toThrow(/portolan.db cannot be read: .*; move it away/)
  })

  test('the format of a later version is refused', async () => {
    const file = await openStateFile(folder, 'net')
    file.remember('format', 7)
    file.flush()
    file.close()
    await expect(openStateFile(folder, 'net')).rejects.toThrow('it has format 7, this version reads 1')
  })
})
