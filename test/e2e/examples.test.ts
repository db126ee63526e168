import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tryItLines } from './examples.ts'
import { CHECKOUT, createMachine, eventually, missing, title, type Machine, type Outcome } from './network.ts'

/** What the lines of each example answer, in their order. */
const ANSWERS: Readonly<Record<string, readonly RegExp[]>> = {
  'backend.yaml': [
    /Pod {8}default\/backend-\w+-\w+\n[^]*answered {3}10\.244\.[12]\.\d+:8080\n/,
    /^backend-\w+-\w+\n$/,
    /Pod {8}default\/backend-/,
  ],
  'config.yaml': [
    /^CURRENCY=EUR\nDATABASE_URL=postgres:\/\/shop:correct-horse@db\/shop\nLANGUAGE=en\nNODE_NAME=node-1\nPASSWORD=correct-horse\nPOD_IP=10\.244\.1\.2\nPOD_NAME=settings\nSETTINGS_SERVICE_HOST=10\.\d+\.\d+\.\d+\nSETTINGS_SERVICE_PORT=80\n$/,
  ],
  'headless.yaml': [
    /^10\.244\.(1|2)\.2 .*\n(.*\n)*10\.244\.(?!\1)[12]\.2 /,
    /^db-0\n$/,
    /^10\.244\.(1|2)\.2\n10\.244\.(?!\1)[12]\.2\n$/,
    /^0 50 5432 db-[01]\.db\.default\.svc\.cluster\.local\.\n0 50 5432 db-[01]\.db\.default\.svc\.cluster\.local\.\n$/,
  ],
  'host-program.yaml': [/^hello from hello\n$/, /^hello from hello\n$/, /^listening on 3000\n(GET \/ from .+\n){2,}$/],
  'load-balancer.yaml': [
    /answered {3}10\.244\.\d\.\d+:8080\nsource {5}192\.168\.1\.100:/,
    /answered {3}10\.244\.\d\.\d+:8080\nsource {5}192\.168\.1\.101:/,
    /answered {3}10\.244\.\d\.\d+:8080\nsource {5}10\.244\.1\./,
    /Portolan stand-in for image nginx:1\.21/,
  ],
  'named-ports.yaml': [/answered {3}.*:8080\n/, /answered {3}.*:9090\n/, /80 -> http = 8080\|9090 +web-v1, web-v2\n/],
  'nginx.yaml': [
    /Pod {8}default\/nginx-pod/,
    /source {5}198\.51\.100\.1|source {5}192\.168\.1\.100/,
    /Pod {8}default\/nginx-pod/,
  ],
  'service-types.yaml': Array.from({ length: 8 }, () => /Pod {8}default\/my-app-\w+-\w+\n[^]*answered {3}.*:8080\n/),
  'session-affinity.yaml': [/^(cart-\w+-\w+\n)\1\1\1$/, /^(cart-\w+-\w+\n)\1\1\1$/],
  'stateful-set.yaml': [
    /^orders-0\n$/,
    /^10\.244\.[12]\.\d+ .*\n/,
    /^(10\.244\.[12]\.\d+\n){3}$/,
    /default\/orders-0 +ready[^]*default\/orders-1 +ready[^]*default\/orders-2 +ready/,
  ],
  'udp.yaml': [
    /^pod\/echo node\/node-1 10\.244\.1\.2:5353 from .*: hello\n$/,
    /^pod\/echo node\/node-1 10\.244\.1\.2:5353 from .*: hello\n$/,
    /^echo\n$/,
  ],
}

const reason = missing('dig', 'bash', 'getent')
const folder = join(CHECKOUT, 'examples')
const examples = readdirSync(folder)

describe.skipIf(reason !== undefined)(title('examples', reason), () => {
  let machine: Machine
  beforeAll(async () => {
    machine = await createMachine()
  })
  afterAll(() => machine.close())

  test('every example has a test', () => {
    expect(Object.keys(ANSWERS)).toEqual(examples.toSorted())
  })

  test.for(examples)('%s runs as it is, and so does every line that it says to try', async (name) => {
    const lines = tryItLines(readFileSync(join(folder, name), 'utf8'))
    const { stderr } = await machine.up(`examples/${name}`)
    expect(stderr).not.toMatch(/warning|instead/)
    const answers = ANSWERS[name] ?? []
    // Inside the machine of the test the user is root.
    const mine = lines.filter(({ as }) => as !== 'user')
    expect(mine).toHaveLength(answers.length)
    for (const [i, { line }] of mine.entries()) {
      // A host program may still be opening its port.
      const answer = await eventually(() => machine.sh(line), isAnswered)
      expect(answer.stdout, `${line}\n${answer.stderr}`).toMatch(answers[i] ?? /$^/)
      expect(answer.code, line).toBe(0)
    }
    expect((await machine.portolan('down')).stdout).toMatch(/^network \S+ removed: 2 nodes, /)
    expect(await machine.leftovers()).toEqual([])
  })
})

/** Of curl: refused inside; accepted by the host's listener and then reset. */
const NOBODY_LISTENS = [7, 56]

function isAnswered({ code }: Outcome): boolean {
  return !NOBODY_LISTENS.includes(code)
}
