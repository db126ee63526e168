/** What `portolan dns` does not do while it answers. Counted, since time is another matter on each machine. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKOUT, createMachine, eventually, PORTOLAN, type Machine } from './network.ts'

const OBJECTS = 'test/e2e/fixtures/objects.json'
const QUESTIONS = join(CHECKOUT, 'test/e2e/dns-questions.mjs')

let machine: Machine
beforeAll(async () => {
  machine = await createMachine()
})
afterAll(() => machine.close())

test('20,000 questions are answered with next to no garbage to collect', async () => {
  const command = [PORTOLAN, 'dns', '--objects', OBJECTS, '--upstream', 'none']
  const server = machine.start([process.execPath, '--trace-gc', '--max-semi-space-size=1', ...command])
  await eventually(
    async () => server.output(),
    (text) => text.includes(' at 127.0.0.1:5300'),
  )
  const collections = (): number => server.output().split(/Scavenge|Mark-Compact/).length
  const before = collections()
  const asked = await machine.exec([process.execPath, QUESTIONS, '5300', 'web.shop.svc.cluster.local', '20000'])
  expect(asked).toMatchObject({ code: 0, stderr: '' })
  // Through Node's own sockets it would be 21.
  expect(collections() - before).toBeLessThan(8)
  server.signal('SIGTERM')
  await server.ended
})
