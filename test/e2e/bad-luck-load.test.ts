import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LONG, missing, openHost, PORTOLAN, USERS, type TestHost } from './bad-luck-host.ts'
import type { HostState } from './host-state.ts'

const CLIENT = fileURLToPath(new URL('bad-luck-load-client.mjs', import.meta.url))
const CLOSING = `${process.execPath} -e 'require("net").createServer((s) => s.destroy()).listen(81)'`

const service = (name: string, port: number, nodePort: number): string => `
---
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { type: NodePort, selector: { app: ${name} }, ports: [{ port: ${port}, nodePort: ${nodePort} }] }
`
const pod = (name: string, port: number): string => `
---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: ${name} } }
spec: { containers: [{ name: ${name}, image: ${name}, ports: [{ containerPort: ${port} }] }] }
`
const MANIFEST = `${pod('web', 80)}${service('web', 80, 30080)}${pod('closing', 81)}${service('closing', 81, 30081)}`

/** Open files that a process of the network may have. */
const LIMIT = LONG ? 4096 : 1024
/** One byte each, in milliseconds. */
const SLOW = LONG ? 1000 : 60

const reason = missing()

describe.skipIf(reason !== undefined).each(USERS)(`many connections, as $name ${reason ?? ''}`, ({ user }) => {
  let host: TestHost
  let before: HostState
  let descriptors: readonly string[]
  beforeAll(async () => {
    host = await openHost(user)
    writeFileSync(`${host.directory}/app.yaml`, MANIFEST)
    before = await host.state()
    const up = `${PORTOLAN} up ${host.directory}/app.yaml -d --name net --dns-upstream none --run closing="$CLOSING"`
    expect(await host.run(`ulimit -n ${LIMIT}; ${up}`, { CLOSING })).toMatchObject({ code: 0 })
    expect(await ask()).toMatchObject({ stdout: 'web\n' })
    // The API server opens its sockets when the network is up already: its file says that they are there.
    expect(await host.portolan('kubeconfig', '--name', 'net')).toMatchObject({ code: 0 })
    descriptors = await openDescriptors()
  })
  afterAll(async () => {
    expect(await host.portolan('down', '--name', 'net')).toMatchObject({ code: 0 })
    expect(await host.differenceFrom(before)).toEqual([])
    await host.close()
  })

  const ask = (): ReturnType<TestHost['run']> => host.run('curl -s --max-time 10 http://127.0.0.1:30080/hostname')

  /** What the engine holds open, without numbers. */
  async function openDescriptors(): Promise<readonly string[]> {
    const { stdout } = await host.run(
      `for fd in /proc/$(cat $XDG_RUNTIME_DIR/portolan/net/engine.pid)/fd/*; do readlink $fd; done`,
    )
    return stdout
      .trim()
      .split('\n')
      .map((line) => line.replaceAll(/\d+/g, 'N'))
      .toSorted()
  }

  test('those beyond the limit wait until others close, and every one is served', async () => {
    // Two descriptors each, and a tenth of the limit for the rest of the engine.
    const [room, count] = [Math.floor(LIMIT * 0.45), Math.floor(LIMIT * 0.6)]
    const { stdout } = await host.run(`exec timeout 30 ${process.execPath} ${CLIENT} 30080 ${count} ${room}`)
    expect(JSON.parse(stdout || '{}')).toEqual({ atOnce: room, answered: count, errors: [] })
    await expect.poll(openDescriptors, { timeout: 10_000 }).toEqual(descriptors)
  })

  test('a client that sends one byte at a time disturbs nobody', async () => {
    const text = 'GET /hostname HTTP/1.0\r\n\r\n'
    const slow = await host.start(
      `exec ${process.execPath} -e '
        const socket = require("net").connect(30080, "127.0.0.1")
        const bytes = [...${JSON.stringify(text)}]
        const timer = setInterval(() => {
          socket.write(bytes.shift())
          if (bytes.length === 0) clearInterval(timer)
        }, ${SLOW})
        socket.pipe(process.stdout)'`,
    )
    for (let i = 0; i < 10; i++) expect(await ask()).toMatchObject({ code: 0, stdout: 'web\n' })
    const { code, stdout } = await slow.ended
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^HTTP\/1\.1 200 [^]*web\n$/) })
    await expect.poll(openDescriptors, { timeout: 10_000 }).toEqual(descriptors)
  })

  test('a Pod that closes at once: its clients hear of it, the others do not', async () => {
    const all = Array.from({ length: 5 }, async () => {
      const closed = await host.run(
        'for i in 1 2 3 4 5 6 7 8 9 10; do curl -s --max-time 5 http://127.0.0.1:30081/; echo $?; done',
      )
      // 52: the server answered nothing; 56: it reset the connection.
      expect(
        closed.stdout
          .trim()
          .split('\n')
          .filter((code) => code !== '52' && code !== '56'),
      ).toEqual([])
      expect(await ask()).toMatchObject({ code: 0, stdout: 'web\n' })
    })
    await Promise.all(all)
    await expect.poll(openDescriptors, { timeout: 10_000 }).toEqual(descriptors)
  })
})
