/** A network that is worked with by kubectl. */
import { eventually, type Machine } from './network.ts'

export interface KubectlNetwork {
  /** For programs that read a kubeconfig. */
  readonly environment: Readonly<Record<string, string>>
  /** What `kubectl LINE` prints, both streams, without blank ends. */
  run(line: string): Promise<string>
  /** The same, once it is as wanted, or what it is in the end. */
  becomes(line: string, wanted: RegExp): Promise<string>
}

/** `name`: of a running network of the machine; without it the one that `machine.up` starts. */
export async function kubectlOf(machine: Machine, name?: string): Promise<KubectlNetwork> {
  const { stdout } = await machine.portolan('kubeconfig', ...(name === undefined ? [] : ['--name', name]))
  const environment = { KUBECONFIG: stdout.trim(), HOME: machine.folder }
  const run = async (line: string): Promise<string> => {
    const { stdout, stderr } = await machine.sh(`kubectl ${line}`, { environment })
    return `${stdout}${stderr}`.trim()
  }
  return {
    environment,
    run,
    becomes: (line, wanted) =>
      eventually(
        () => run(line),
        (found) => wanted.test(found),
      ),
  }
}
