import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { afterAll, expect, test } from 'vitest'
import type { Context } from '../context.ts'
import { hostsOfFile } from './hosts-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'portolan-hosts-'))
afterAll(() => rmSync(folder, { recursive: true }))

let told = ''
const stderr = new Writable({
  write(chunk: Buffer, _encoding, done) {
    told += chunk.toString()
    done()
  },
})
const context: Context = { stdin: Readable.from([]), stdout: stderr, stderr, environment: {}, workingDirectory: folder }
const write = (text: string): void => writeFileSync(join(folder, 'hosts'), text)

test('a hosts file is read again when it has changed; what is wrong in it leaves the names as they were', () => {
  write('192.0.2.1 a')
  const hosts = hostsOfFile('hosts', context, 0)
  const names = (): readonly string[] => [...hosts().addresses.keys()]
  expect(names()).toEqual(['a.'])
  write('192.0.2.1 a\n192.0.2.22 bb')
  expect(names()).toEqual(['a.', 'bb.'])
  expect(told).toBe('')
  write('192.0.2.1 a\nnothing good')
  expect([names(), names()]).toEqual([
    ['a.', 'bb.'],
    ['a.', 'bb.'],
  ])
  expect(told).toBe('portolan: hosts:2: "nothing good": say ADDRESS NAME...: the names stay as they were\n')
  rmSync(join(folder, 'hosts'))
  expect(names()).toEqual(['a.', 'bb.'])
  write('192.0.2.3 c')
  expect(names()).toEqual(['c.'])
})
