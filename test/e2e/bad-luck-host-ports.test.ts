import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { missing, openHost, quote, EVERYBODY, type Running, type TestHost } from './bad-luck-host.ts'
import type { HostState } from './host-state.ts'

const MANIFEST = `
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  containers:
    - name: web
      image: web
      ports: [{ containerPort: 80 }, { containerPort: 53, protocol: UDP }]
---
apiVersion: v1
kind: Service
metadata: { name: tcp }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, nodePort: 30080 }] }
---
apiVersion: v1
kind: Service
metadata: { name: udp }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 53, nodePort: 30053, protocol: UDP }] }
---
apiVersion: v1
kind: Service
metadata: { name: free }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, nodePort: 30090 }] }
---
apiVersion: v1
kind: Service
metadata: { name: balanced }
spec: { type: LoadBalancer, selector: { app: web }, ports: [{ port: 80, nodePort: 30091 }] }
`

/** Holds TCP 30080 on all addresses and UDP 30053 on one. */
const HOLDER = `
require('net').createServer().listen(30080, '0.0.0.0', () => {
  require('dgram').createSocket('udp4').bind(30053, '127.0.0.1', () => console.log('holding'))
})
process.title = 'some holder'`

const reason = missing()

describe.skipIf(reason !== undefined).each(EVERYBODY)(
  `host ports that are taken, as $name ${reason ?? ''}`,
  ({ user }) => {
    let host: TestHost
    let before: HostState
    let holder: Running
    beforeAll(async () => {
      host = await openHost(user)
      writeFileSync(`${host.directory}/app.yaml`, MANIFEST)
      holder = await host.start(`exec ${process.execPath} -e ${quote(HOLDER)}`)
      await holder.says('holding')
      before = await host.state()
    })
    afterAll(() => host.close())

    test('are said with their holder, and the next ones are open', async () => {
      const up = await host.portolan(
        'up',
        `${host.directory}/app.yaml`,
        '-d',
        '--name',
        'net',
        '--dns-upstream',
        'none',
      )
      const by = `in use by process ${holder.pid} (some holder)`
      expect(up).toMatchObject({ code: 0 })
      expect(up.stderr.split('\n').filter((line) => line.startsWith('note: default/'))).toEqual(
        [
          `note: default/tcp: 127.0.0.1:30080 is ${by}; it is at 127.0.0.1:30081 instead`,
          `note: default/tcp: 127.0.0.2:30080 is ${by}; it is at 127.0.0.2:30081 instead`,
          `note: default/udp: 127.0.0.1:30053 is ${by}; it is at 127.0.0.1:30054 instead`,
          ...(process.getuid?.() === 0 && user === undefined
            ? []
            : [
                'note: default/balanced: 127.0.113.10:80 is a port that only root may open; it is at 127.0.113.10:8080 instead',
              ]),
        ].toSorted((a, b) => up.stderr.indexOf(a) - up.stderr.indexOf(b)),
      )
      const balanced = process.getuid?.() === 0 && user === undefined ? 80 : 8080
      for (const address of ['127.0.0.1:30081', '127.0.0.2:30081', '127.0.0.1:30090', `127.0.113.10:${balanced}`]) {
        expect(await host.run(`curl -s --max-time 5 http://${address}/hostname`), address).toMatchObject({ code: 0 })
      }
      const { stdout } = await host.portolan('ports', '--name', 'net')
      expect(stdout).toMatch(/default\/tcp .*127\.0\.0\.1:30081/)
      expect(await host.portolan('down', '--name', 'net')).toMatchObject({ code: 0 })
      expect(await host.differenceFrom(before)).toEqual([])
    })
  },
)
