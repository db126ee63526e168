import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'

/** What the detached `up` does when its network is ready. */
const PROGRAM = `
  import { allWritten, tellParent } from ${JSON.stringify(new URL('../../dist/cli/up/detach.js', import.meta.url).href)}
  process.stdout.write('x'.repeat(4_000_000))
  await allWritten(process)
  tellParent()
`

test('all words of a detached up arrive, though they are more than a pipe holds', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const { stdout } = child
  if (stdout === null) throw new Error('no pipe')
  const [words, [message]] = await Promise.all([text(stdout), once(child, 'message'), once(child, 'exit')])
  expect([words.length, message]).toEqual([4_000_000, { kind: 'ready' }])
})
