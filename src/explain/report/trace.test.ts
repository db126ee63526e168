import { describe, expect, test } from 'vitest'
import { BASE, CLIENT, deployment, service, trace, WEB } from '../../../test/trace/manifests.ts'
import { traceReport } from './trace.ts'
import { widthOf, type Style } from './trace-style.ts'

const PLAIN: Style = { color: false, ascii: false, width: 100 }
const ZERO = `${CLIENT}${deployment('web', { replicas: 0 })}${service('web')}`
const PARTIAL = `${CLIENT}${WEB}${deployment('other', { labels: '{app: web}', ports: '[]', args: '["--port=9999"]' })}${service('web')}`

function report(yaml: string, style: Style): string {
  return traceReport(trace(yaml, 'deploy/client', 'http://web/'), style, new Map([['a.yaml', yaml]]))
}

describe('the report of a trace', () => {
  test('a break: ten hops, the places, the symptom, the fix, the verdict', () => {
    expect(report(ZERO, PLAIN)).toMatchInlineSnapshot(`
      "trace deploy/client → http://web/   static

       ✓  1 client         Deployment shop/client  a.yaml:3
       ✓  2 egress-policy  no policy selects it
       ✓  3 name           web -> web.shop.svc.cluster.local  a.yaml:35
       ┄  4 entry          not used: the call stays in the cluster
       ✓  5 service        Service shop/web port 80 TCP -> targetPort 8080  a.yaml:38
       ✕  6 endpoint       no Pods behind the Service: replicas is 0  PTL207  a.yaml:37
       ┄  7 ingress-policy not reached
       ┄  8 pod            not reached
       ┄  9 socket         not reached
       ┄ 10 application    not reached

      error PTL207 backing-workload-scaled-to-zero at endpoint: no Pods behind the Service: replicas is 0

            a.yaml
          37 │   selector: {app: web}
             │   ──────── selector app=web: the Service takes these Pods
          21 │   replicas: 0
             │             ─ replicas: 0: and there are none
            = the client sees: connection refused, at once
            = fix: a.yaml:21 scale web up

      BROKEN at hop 6 of 10 (endpoint).
      "
    `)
  })

  test('two ways: what they share once, then each', () => {
    expect(report(PARTIAL, PLAIN)).toMatchInlineSnapshot(`
      "trace deploy/client → http://web/   static

       ✓  1 client         Deployment shop/client  a.yaml:3
       ✓  2 egress-policy  no policy selects it
       ✓  3 name           web -> web.shop.svc.cluster.local  a.yaml:51
       ┄  4 entry          not used: the call stays in the cluster
       ✓  5 service        Service shop/web port 80 TCP -> targetPort 8080  a.yaml:54
        ├─ way 1 of 2: DELIVERED, 50 % of the connections
        │   ✓  6 endpoint       Deployment shop/web, 1 replica, port 8080 (1 of 2)  a.yaml:24
        │   ✓  7 ingress-policy no policy selects it
        │   ✓  8 pod            a Pod of Deployment shop/web  a.yaml:25
        │   ✓  9 socket         container web declares containerPort 8080  a.yaml:31
        │   ┄ 10 application    not asked: manifests cannot answer
        └─ way 2 of 2: BROKEN, 50 % of the connections
            ✓  6 endpoint       Deployment shop/other, 1 replica, port 8080 (1 of 2)  a.yaml:40
            ✓  7 ingress-policy no policy selects it
            ✓  8 pod            a Pod of Deployment shop/other  a.yaml:41
            ✕  9 socket         nothing will listen on 8080: --port=9999  PTL302  a.yaml:54
            ┄ 10 application    not reached

      error PTL302 target-port-contradicts-evidence at socket: nothing will listen on 8080: --port=9999

            a.yaml
          54 │   ports: [{port: 80, targetPort: 8080}]
             │                                  ──── targetPort: 8080
          46 │           args: ["--port=9999"]
             │                  ───────────── --port=9999
            = the client sees: connection refused, at once
            = fix: a.yaml:54 targetPort: 9999

      PARTIAL: about 50 % of the connections fail at hop 9 of 10 (socket).
      "
    `)
  })

  test('all is well', () => {
    expect(report(BASE, PLAIN).trimEnd().split('\n').at(-1)).toBe(
      'DELIVERED as far as the manifests say. Not asked: the program itself.',
    )
  })

  test.each([60, 80, 100, 120])('no hop is wider than %i columns', (width) => {
    const hops = report(PARTIAL, { ...PLAIN, width })
      .split('\n')
      .filter((line) => /^ *[✓✕▲?┄|├└]/.test(line))
    expect(hops.length).toBeGreaterThan(10)
    expect(hops.filter((line) => widthOf(line) > width)).toEqual([])
  })

  test('ASCII means ASCII, and no colour means no escape', () => {
    expect(report(PARTIAL, { ...PLAIN, ascii: true })).toMatch(/^[\n\x20-\x7e]*$/)
    expect(report(ZERO, { ...PLAIN, color: true })).toContain('\u001B[1;31m')
  })
})
