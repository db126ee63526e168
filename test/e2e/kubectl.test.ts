/** kubectl against a running network: a transcript with the kubectl on the PATH, and the main road with every other one here. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { normalise, parseTranscript } from '../apiserver/transcript.ts'
import { kubectlOf, type KubectlNetwork } from './kubectl-network.ts'
import { createMachine, missing, PORTOLAN, title, type Machine, type Outcome } from './network.ts'

const reason = missing('kubectl')
const VERSIONS = '/usr/lib/google-cloud-sdk/bin'
const kubectls = existsSync(VERSIONS)
  ? readdirSync(VERSIONS).filter((name) => /^kubectl\.1\.(2[7-9]|[3-9]\d)$/.test(name))
  : []

describe.skipIf(reason !== undefined)(title('kubectl', reason), () => {
  let machine: Machine
  let environment: KubectlNetwork['environment']
  beforeAll(async () => {
    machine = await createMachine()
    await machine.up()
    environment = (await kubectlOf(machine)).environment
  })
  afterAll(async () => {
    await machine.portolan('down')
    const left = await machine.leftovers()
    await machine.close()
    expect(left).toEqual([])
  })
  const sh = (line: string): Promise<Outcome> => machine.sh(`exec 2>&1; ${line}`, { environment })

  const transcript = parseTranscript(readFileSync(new URL('fixtures/kubectl.transcript', import.meta.url), 'utf8'))
  test.each(transcript.map((step, i) => [i + 1, step.command, step] as const))('%d: %s', async (_i, command, step) => {
    const { code, stdout } = await sh(command)
    expect({ output: normalise(stdout), code }).toEqual({ output: step.output, code: step.code })
  })

  describe.each(kubectls)('%s', (name) => {
    const kubectl = join(VERSIONS, name)
    test.each<readonly [string, RegExp]>([
      ['apply -f test/e2e/fixtures/kubectl.yaml', /deployment.apps\/web created/],
      ['rollout status deploy/web --timeout=25s', /successfully rolled out/],
      ['get pods -l app=web --no-headers', /1\/1 +Running/],
      ['exec deploy/web -- echo from inside', /from inside/],
      ['logs deploy/web', /stand-in/],
      ['create deployment made --image=nginx:1.21', /made created/],
      ['scale deploy/made --replicas=2', /scaled/],
      ['explain service.spec.ports', /targetPort/],
      ['apply --server-side --force-conflicts -f test/e2e/fixtures/kubectl-changed.yaml', /serverside-applied/],
      ['delete deploy made', /deleted/],
      ['auth whoami', /Username +portolan/],
      ['create token default --duration 20m --audience vault', /^[\w-]+\.[\w-]+\.[\w-]+$/m],
      ['delete -f test/e2e/fixtures/kubectl.yaml', /configmap "settings" deleted/],
    ])('%s', async (args, expected) => {
      const { code, stdout } = await sh(`${kubectl} ${args}`)
      expect([code, stdout]).toEqual([0, expect.stringMatching(expected)])
    })
  })

  test('a port is forwarded as often as it is asked for', async () => {
    const forwarded = await sh(`
      kubectl run forwarded --image=nginx:1.21 --port=80 && kubectl wait --for=condition=Ready pod/forwarded
      kubectl port-forward pod/forwarded 18080:80 & client=$!
      for try in $(seq 100); do curl -s -o /dev/null http://127.0.0.1:18080/ && break; sleep 0.05; done
      for try in 1 2 3; do curl -s http://127.0.0.1:18080/ | head -1; done
      kill $client; kubectl delete pod forwarded --now`)
    expect(forwarded.stdout.match(/^Portolan stand-in for image nginx:1.21$/gm)).toHaveLength(3)
  })

  test('a watch tells of a Service that comes and goes', async () => {
    const watch = machine.start(['kubectl', 'get', 'svc', '-w', '--no-headers', '--output-watch-events'], {
      environment,
    })
    const seen = (event: RegExp): Promise<void> => expect.poll(watch.output, { timeout: 10_000 }).toMatch(event)
    await seen(/ADDED +kubernetes/)
    await sh('kubectl create service clusterip watched --tcp=80:80')
    await seen(/ADDED +watched +ClusterIP/)
    await sh('kubectl delete svc watched')
    await seen(/DELETED +watched/)
    watch.signal('SIGINT')
    await watch.ended
  })

  test('--merge: the network is the current context of the own file, beside what was there', async () => {
    const own = `${machine.folder}/own/config`
    const merge = `KUBECONFIG=${own} ${PORTOLAN} kubeconfig --merge`
    expect((await sh(merge)).stdout.trim()).toBe(own)
    await sh(`KUBECONFIG=${own} kubectl config set-context other --cluster=none`)
    expect((await sh(`${merge} && ${merge}`)).code).toBe(0)
    const { stdout } = await sh(
      `export KUBECONFIG=${own}; kubectl config get-contexts -o name; kubectl get ns -o name | head -1; stat -c %a ${own}`,
    )
    expect(stdout.trim().split('\n')).toEqual([
      'other',
      expect.stringMatching(/^portolan-/),
      'namespace/default',
      '600',
    ])
    expect((await sh(`${PORTOLAN} kubeconfig --merge`)).code).toBe(2)
  })

  test("the kubeconfig is its user's alone", async () => {
    expect((await sh('stat -c %a "$KUBECONFIG"')).stdout.trim()).toBe('600')
  })
})
