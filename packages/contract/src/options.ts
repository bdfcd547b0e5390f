/** Options that methods carry: who may call them, and where they live in REST. */

export { http } from './gen/google/api/annotations_pb.ts'
export type { HttpRule } from './gen/google/api/http_pb.ts'
export { type Access, access } from './gen/signet/v1/options_pb.ts'
export { type RestBinding, restBindings } from './rest-binding.ts'
