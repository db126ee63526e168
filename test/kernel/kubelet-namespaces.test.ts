import { afterAll, describe, expect, test } from 'vitest'
import { openLinkSocket } from '../../src/host/links.ts'
import { createNamespace, type NetworkNamespace } from '../../src/host/namespaces.ts'
import { startHostProgram } from '../../src/kubelet/host-program.ts'
import { createStandInRuntime } from '../../src/kubelet/stand-in-process.ts'
import { logOf, needsBuild, needsRoot, needsUnshare, skipUnless, specOf } from './kubelet-spec.ts'

const reason = needsRoot() ?? skipUnless(needsBuild() ?? needsUnshare())
const runtime = createStandInRuntime()

function namespaceWithLoopback(): NetworkNamespace {
  const namespace = createNamespace()
  const links = openLinkSocket(namespace)
  links.apply([{ kind: 'set-up', index: 1 }])
  links.close()
  return namespace
}

describe.skipIf(reason !== undefined)(
  `network namespaces${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    afterAll(() => runtime.close())

    test('two Pods listen on the same port, and each host program reaches its own Pod', async () => {
      const pods = ['one', 'two'].map((hostname) => {
        const sandbox = { podIP: '127.0.0.1', hostIP: '192.168.1.100', hostname, netns: namespaceWithLoopback() }
        return { sandbox, standIn: runtime.start(specOf({ ports: [{ containerPort: 80 }] }, { sandbox })) }
      })
      const answers = pods.map(async ({ sandbox, standIn }) => {
        await standIn.started
        const spec = specOf({}, { sandbox })
        const options = { workingDirectory: '/', environment: process.env }
        const { exit } = startHostProgram('curl -s --max-time 5 http://127.0.0.1/hostname', spec, options)
        expect(await exit).toEqual({ exitCode: 0 })
        return logOf(spec)
      })
      expect(await Promise.all(answers)).toEqual(['one\n', 'two\n'])
      for (const { sandbox } of pods) sandbox.netns.close()
    })
  },
)
