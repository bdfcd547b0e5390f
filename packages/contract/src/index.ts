/** The contract: every message, service and error reason, generated from `proto/`. */
export * from './gen/signet/v1/auth_pb.ts'
export * from './gen/signet/v1/error_pb.ts'
export * from './gen/signet/v1/event_pb.ts'
export * from './gen/signet/v1/receipt_pb.ts'
export * from './gen/signet/v1/revocation_pb.ts'
export * from './gen/signet/v1/session_pb.ts'
export * from './gen/signet/v1/token_pb.ts'
export * from './gen/signet/v1/user_pb.ts'
