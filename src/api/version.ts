/** The Kubernetes version whose API this is: clients of one minor less and more are content. */
export const KUBERNETES_VERSION: string = 'v1.34.0'
