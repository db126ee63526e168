/** What a user who got something wrong reads, and the exit code: nothing is started. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text as readText } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from './run.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-bad-input-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function portolan(
  args: readonly string[],
  input = '',
): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const written = Promise.all([readText(stdout), readText(stderr)])
  const code = await run(args, {
    stdin: Readable.from([input]),
    stdout,
    stderr,
    environment: {},
    workingDirectory: folder,
  })
  stdout.end()
  stderr.end()
  const [out, words] = await written
  return { code, stdout: out, stderr: words }
}

/** The lines that tell what is wrong, without the source lines below them. */
function said(stderr: string): readonly string[] {
  return stderr.split('\n').filter((line) => line !== '' && !/^ +(\d+ )?\|/.test(line))
}

const service = (name: string, ...spec: readonly string[]): string =>
  [
    'apiVersion: v1',
    'kind: Service',
    'metadata:',
    `  name: ${name}`,
    'spec:',
    ...spec.map((line) => `  ${line}`),
    '',
  ].join('\n')
const pod = (name: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\nspec:\n  containers:\n    - { name: main, image: example.com/x }\n`
const documents = (...texts: readonly string[]): string => texts.join('---\n')

interface Row {
  readonly name: string
  readonly text: string
  readonly says: readonly string[]
}

/** Refused: exit 2. */
const REFUSED: readonly Row[] = [
  {
    name: 'not YAML',
    text: 'apiVersion: v1\nkind: Pod\nmetadata: {name: [a\nspec: {}\n',
    says: [
      '<stdin>:4:1: error: deficient indentation',
      '  hint: a quote, { or [ that was opened is never closed, or its lines are not indented enough',
    ],
  },
  {
    name: 'a document without kind',
    text: 'apiVersion: v1\nmetadata:\n  name: a\n',
    says: ['<stdin>:1:1: error: this object has no kind', '  hint: add what it is, for example `kind: Service`'],
  },
  {
    name: 'something else',
    text: '- a\n- b\n',
    says: [
      '<stdin>:1:1: error: this is a list, not a Kubernetes object',
      '  hint: an object is a mapping with apiVersion, kind and metadata',
    ],
  },
  {
    name: 'a kind with the apiVersion of another',
    text: 'apiVersion: v1\nkind: Deployment\nmetadata: { name: a }\n',
    says: [
      '<stdin>:1:13: error: Deployment has the apiVersion apps/v1: found "v1"',
      '  hint: write `apiVersion: apps/v1`',
    ],
  },
  {
    name: 'no name',
    text: 'apiVersion: v1\nkind: Service\nmetadata: {}\nspec: { ports: [{ port: 80 }] }\n',
    says: expect.arrayContaining([expect.stringMatching(/^<stdin>:3:1: error: .*name/)]),
  },
  {
    name: 'a name that cannot be',
    text: service('My_App', 'ports: [{ port: 80 }]'),
    says: [
      expect.stringMatching(/^<stdin>:4:9: error: Service default\/My_App: name "My_App": a lowercase RFC 1123 label/),
    ],
  },
  {
    name: 'ports 0, 70000 and "80": all of them',
    text: service(
      'a',
      'ports:',
      '  - name: x',
      '    port: 0',
      '  - name: why',
      '    port: 70000',
      '  - name: z',
      '    port: "80"',
    ),
    says: [
      '<stdin>:8:13: error: Service default/a: port 0: must be between 1 and 65535, inclusive',
      '<stdin>:10:13: error: Service default/a: port 70000: must be between 1 and 65535, inclusive',
      '<stdin>:12:13: error: spec.ports[2].port must be a number: found the string "80"',
      '  hint: remove the quotes',
    ],
  },
  {
    name: 'a nodePort twice',
    text: documents(
      service('a', 'type: NodePort', 'ports: [{ port: 80, nodePort: 30080 }]'),
      service('b', 'type: NodePort', 'ports: [{ port: 80, nodePort: 30080 }]'),
    ),
    says: [
      '<stdin>:15:33: error: Service default/b: nodePort 30080 is already taken by Service default/a',
      '<stdin>:7:33: note: the other one',
    ],
  },
  {
    name: 'a nodePort outside the range',
    text: service('a', 'type: NodePort', 'ports: [{ port: 80, nodePort: 80 }]'),
    says: ['<stdin>:7:33: error: Service default/a: nodePort 80 is outside 30000-32767'],
  },
  {
    name: 'a nodePort where the type has none',
    text: service('a', 'ports: [{ port: 80, nodePort: 30080 }]'),
    says: [
      expect.stringMatching(
        /^<stdin>:6:\d+: error: Service default\/a: nodePort may not be used when `type` is 'ClusterIP'$/,
      ),
    ],
  },
  {
    name: 'a clusterIP outside the range, one that is taken, and one twice',
    text: documents(
      service('a', 'clusterIP: 10.200.0.1', 'ports: [{ port: 80 }]'),
      service('b', 'clusterIP: 10.96.0.53', 'ports: [{ port: 80 }]'),
      service('c', 'clusterIP: 10.96.0.77', 'ports: [{ port: 80 }]'),
      service('d', 'clusterIP: 10.96.0.77', 'ports: [{ port: 80 }]'),
    ),
    says: [
      '<stdin>:6:14: error: Service default/a: clusterIP 10.200.0.1 is outside the Service range 10.96.0.0/12',
      '<stdin>:14:14: error: Service default/b: clusterIP 10.96.0.53 is already taken by Service kube-system/kube-dns',
      '<stdin>:30:14: error: Service default/d: clusterIP 10.96.0.77 is already taken by Service default/c',
      '<stdin>:22:14: note: the other one',
    ],
  },
  {
    name: 'two Pods of the same name',
    text: documents(pod('a'), pod('a')),
    says: [
      '<stdin>:12:9: error: the Pod a in namespace default is there twice',
      '  hint: rename or remove one of the two',
      '<stdin>:4:9: note: the first one',
    ],
  },
  {
    name: 'a type that is none, and no ports: in the order of the lines',
    text: service('a', 'type: NodPort', 'ports: []'),
    says: [
      expect.stringMatching(/^<stdin>:6:9: error: Service default\/a: type "NodPort" is not known: .*"NodePort"$/),
      '<stdin>:7:3: error: Service default/a: ports is required',
    ],
  },
]

/** Runs all the same: exit 0. */
const ACCEPTED: readonly Row[] = [
  {
    name: 'an unknown field',
    text: service('a', 'typ: NodePort', 'ports:', '  - port: 80', '    tragetPort: 8080'),
    says: [
      '<stdin>:6:3: warning: unknown field spec.typ: did you mean type?',
      '  hint: Kubernetes has no such field in ServiceSpec, and an API server refuses it; Portolan ignores it',
      '<stdin>:9:7: warning: unknown field spec.ports[0].tragetPort: did you mean targetPort?',
      '  hint: Kubernetes has no such field in ServicePort, and an API server refuses it; Portolan ignores it',
    ],
  },
  {
    name: 'kinds that are not run',
    text: documents(
      'apiVersion: example.com/v1\nkind: Widget\nmetadata: { name: a }\n',
      'apiVersion: v1\nkind: Srevice\nmetadata: { name: a }\n',
      'apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: { name: a }\n',
      'apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: { name: a }\n',
      'apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: { name: a }\n',
      pod('a'),
    ),
    says: [
      '<stdin>:2:7: warning: Widget (example.com/v1) is not a kind of Kubernetes itself: skipped',
      '<stdin>:6:7: warning: unknown kind Srevice: did you mean Service? Skipped',
      '<stdin>:9:13: warning: HorizontalPodAutoscaler is kept as autoscaling/v2 only, not as autoscaling/v1: skipped',
      '<stdin>:14:7: warning: RuntimeClass is a Kubernetes kind that Portolan does not run: skipped',
      '<stdin>:19:19: warning: HorizontalPodAutoscaler a: no autoscaler runs here: nothing is scaled',
    ],
  },
  {
    name: 'a selector that matches nothing',
    text: service('a', 'selector: { app: nobody }', 'ports: [{ port: 80 }]'),
    says: [],
  },
  { name: 'nothing', text: '', says: [] },
]

describe('manifests that are refused', () => {
  test.for(REFUSED)('$name', async ({ text, says }) => {
    const { code, stdout, stderr } = await portolan(['up', '-', '--dry-run', '--dns-upstream', 'none'], text)
    const lines = said(stderr)
    expect(lines.slice(0, -1)).toEqual(says)
    expect(lines.at(-1)).toMatch(/^(1 error|\d+ errors): nothing was started$/)
    expect([code, stdout]).toEqual([2, ''])
  })

  test('the place is shown in its line', async () => {
    const { stderr } = await portolan(
      ['up', '-', '--dry-run'],
      service('a', 'type: NodePort', 'ports: [{ port: 80, nodePort: 80 }]'),
    )
    expect(stderr.split('\n').slice(1, 3)).toEqual([
      '    7 |   ports: [{ port: 80, nodePort: 80 }]',
      `      |${' '.repeat(33)}^^`,
    ])
  })

  test('several files: in their order, each with its name', async () => {
    writeFileSync(join(folder, 'b.yaml'), service('a', 'ports: [{ port: 0 }]'))
    writeFileSync(join(folder, 'a.yaml'), 'apiVersion: v1\n')
    const { code, stderr } = await portolan(['up', 'b.yaml', 'a.yaml', '--dry-run'])
    expect(said(stderr).filter((line) => line.includes('error'))).toEqual([
      'b.yaml:6:19: error: Service default/a: port 0: must be between 1 and 65535, inclusive',
      'a.yaml:1:1: error: this object has no kind',
      '2 errors: nothing was started',
    ])
    expect(code).toBe(2)
  })
})

describe('manifests that run all the same', () => {
  test.for(ACCEPTED)('$name', async ({ text, says }) => {
    const { code, stdout, stderr } = await portolan(['up', '-', '--dry-run', '--dns-upstream', 'none'], text)
    expect(said(stderr)).toEqual(says)
    expect(stdout).toMatch(/^\d objects? would be started\n$/)
    expect(code).toBe(0)
  })
})

describe('wrong use: exit 2', () => {
  test.for<readonly [string, string]>([
    ['up missing.yaml --dry-run', 'portolan: missing.yaml: no such file or folder\n'],
    ['up --nods 3', "error: unknown option '--nods'\n(Did you mean --nodes?)\n"],
    ['up --nodes 0', 'portolan: --nodes "0": a number from 1 to 100\n'],
    ['up --nodes two', 'portolan: --nodes "two": a number from 1 to 100\n'],
    ['up --listen localhost', 'portolan: --listen "localhost": an IPv4 address of this machine, such as 0.0.0.0\n'],
    ['up --wait=soon', 'portolan: --wait "soon": a time such as 60s, 500ms or 2m\n'],
    ['up --run web', 'portolan: --run "web": say [NAMESPACE/]WORKLOAD[:CONTAINER]=COMMAND\n'],
    ['up --dns-upstream dns', 'portolan: --dns-upstream "dns": say IP:PORT or none\n'],
    ['up --name a/b', 'portolan: --name "a/b": use up to 40 letters, digits, ".", "-" and "_"\n'],
    [
      'up --dry-run --cluster-domain not_a.domain',
      'portolan: --cluster-domain "not_a.domain": not a domain such as cluster.local\n',
    ],
    [
      'up --dry-run --service-cidr 10.96.0.0/99',
      'portolan: --service-cidr "10.96.0.0/99": not a range such as 10.0.0.0/16\n',
    ],
    [
      'up --dry-run --service-cidr x --lb-cidr y',
      'portolan: --service-cidr "x": not a range such as 10.0.0.0/16\n--lb-cidr "y": not a range such as 10.0.0.0/16\n',
    ],
    [
      'up --dry-run --service-cidr 192.168.1.0/24',
      'portolan: --node-cidr 192.168.1.0/24 and --service-cidr 192.168.1.0/24 overlap\n',
    ],
    [
      'up --dry-run --service-cidr 10.96.0.0/16,10.97.0.0/16',
      'portolan: --service-cidr 10.96.0.0/16,10.97.0.0/16: two IPv4 ranges; a second range must be an IPv6 one\n',
    ],
    [
      'up --dry-run --service-cidr 10.96.0.0/16,fd00::/108 --pod-cidr 10.9.0.0/16',
      'portolan: --pod-cidr has no IPv6 range, but --service-cidr has one: give both the same families\n',
    ],
    [
      'up --dry-run --pod-cidr 10.244.0.0/16,fd00::/72',
      'portolan: --pod-cidr fd00::/72 has no room for a /64 for each of 2 nodes\n',
    ],
    [
      'up --dry-run --service-node-port-range 5',
      'portolan: --service-node-port-range "5": not a range such as 30000-32767\n',
    ],
    [
      'up --dry-run --pod-cidr 10.0.0.0/24',
      'portolan: --pod-cidr 10.0.0.0/24 has no room for a /24 for each of 2 nodes\n',
    ],
    [
      'up --dns-stub-domain corp',
      'portolan: --dns-stub-domain "corp": say DOMAIN=IP:PORT, such as corp.example=192.0.2.1:53\n',
    ],
    ['up --dns-hosts missing', 'portolan: missing: no such file\n'],
    [
      'dns --objects - --stub-domain corp=x',
      'portolan: --stub-domain "corp=x": say DOMAIN=IP:PORT, such as corp.example=192.0.2.1:53\n',
    ],
    ['dns --objects - --monitor 9153', 'portolan: --monitor "9153": say ADDR:PORT, such as 127.0.0.1:9153\n'],
    ['dns --objects - --log web', 'portolan: --log "web": say NAMESPACE/POD, such as default/web\n'],
    [
      'dns --objects - --kubeconfig missing',
      'portolan: --objects and --kubeconfig: say one, the objects come from files or from a cluster\n',
    ],
    ['dns why web --type X', 'portolan: --type "X": say one of A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV, ANY\n'],
    ['dns why web --objects missing.yaml', 'portolan: missing.yaml: no such file or folder\n'],
    ['dns --objects missing.yaml', 'portolan: missing.yaml: no such file or folder\n'],
    ['dns --objects - --ttl 4000', 'portolan: --ttl "4000": seconds, from 0 to 3600\n'],
    ['dns --objects - --lameduck soon', 'portolan: --lameduck "soon": seconds, from 0 to 3600\n'],
    ['dns --objects - --namespace A_B', 'portolan: --namespace "A_B": a namespace such as default\n'],
    ['dns why a..b', 'portolan: "a..b" is no name: labels have 1 to 63 characters, a name at most 253\n'],
    ['dns --objects - --zone a..b', 'portolan: --zone "a..b": a domain such as cluster.local\n'],
    ['dns --objects - --upstream dns', 'portolan: --upstream "dns": say IP:PORT or none\n'],
    ['dns --objects - --cidr 10.0.0.0/99', 'portolan: --cidr "10.0.0.0/99": a range such as 10.96.0.0/12\n'],
    [
      'dns --objects - --listen localhost:53',
      'portolan: --listen "localhost:53": say ADDR:PORT, such as 127.0.0.1:5300\n',
    ],
    ['statu', "error: unknown command 'statu'\n(Did you mean status?)\n"],
    [
      'trace http://web/',
      "error: missing required argument 'to'\nwho calls comes first: portolan trace FROM TO, such as portolan trace pod/web http://api/\n",
    ],
    ['run', "error: missing required argument 'command'\n"],
    ['logs', "error: missing required argument 'pod'\n"],
    [
      'ports -o xml',
      "error: option '-o, --format <format>' argument 'xml' is invalid. Allowed choices are text, json.\n",
    ],
  ])('%s', async ([line, words]) => {
    expect(await portolan(line.split(' '))).toEqual({ code: 2, stdout: '', stderr: words })
  })
})

test.each([
  ['chart - --format', 'text', 'terminal'],
  ['check - --format', 'text', 'pretty'],
  ['trace outside svc/a:80 - --format', 'text', 'pretty'],
])('%s %s is the same as %s', async (line, word, other) => {
  const answers = [word, other].map((format) =>
    portolan([...line.split(' '), format], service('a', 'ports: [{port: 80}]')),
  )
  const [first, second] = await Promise.all(answers)
  expect(first?.stdout).not.toBe('')
  expect(second).toEqual(first)
})
