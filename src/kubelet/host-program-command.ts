import type { Container, Pod } from '../api/core.ts'

export const RUN_ANNOTATION = 'portolan.dev/run'

/**
 * The host program that an annotation gives a container: `portolan.dev/run.<container>`, or `portolan.dev/run` where
 * the Pod has one container. A command line for `/bin/sh -c`.
 */
export function annotatedProgram(pod: Pod, container: Container): string | undefined {
  const annotations = pod.metadata.annotations ?? {}
  const single = pod.spec.containers.length === 1 && pod.spec.containers[0]?.name === container.name
  return annotations[`${RUN_ANNOTATION}.${container.name}`] ?? (single ? annotations[RUN_ANNOTATION] : undefined)
}
