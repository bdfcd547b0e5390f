/** The service, with JSON for messages so that the example needs no generated code. Yours comes from a .proto file. */

const json = {
  serialize: (value) => Buffer.from(JSON.stringify(value)),
  deserialize: (bytes) => JSON.parse(bytes.toString()),
}

export const invoices = {
  list: {
    path: '/example.Invoices/List',
    requestStream: false,
    responseStream: false,
    requestSerialize: json.serialize,
    requestDeserialize: json.deserialize,
    responseSerialize: json.serialize,
    responseDeserialize: json.deserialize,
  },
}
