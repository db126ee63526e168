import type { Container, Pod } from '../api/core.ts'
import type { ContainerRuntime } from './container-runtime.ts'
import { annotatedProgram } from './host-program-command.ts'
import { startHostProgram, type HostProgramOptions } from './host-program.ts'
import type { StandInRuntime } from './stand-in-process.ts'

export interface RuntimeOptions extends HostProgramOptions {
  readonly standIn: StandInRuntime
  /** The command line that `--run` gives a container; undefined where it gives none. */
  program(pod: Pod, container: Container): string | undefined
}

/** Per container the first that applies: `--run`, the annotation, the stand-in. */
export function createContainerRuntime(options: RuntimeOptions): ContainerRuntime {
  const program = (pod: Pod, container: Container): string | undefined =>
    options.program(pod, container) ?? annotatedProgram(pod, container)
  return {
    seesFiles: (pod, container) => program(pod, container) !== undefined,
    start(spec) {
      const commandLine = program(spec.pod, spec.container)
      return commandLine === undefined ? options.standIn.start(spec) : startHostProgram(commandLine, spec, options)
    },
  }
}
