/** Asks Postgres what a statement takes and yields, without running it: Parse and Describe of the extended protocol. */

import type pg from 'pg'

export interface DescribedColumn {
  name: string
  typeOid: number
  /** The table and column this value is taken from, through subqueries too; 0 for an expression. */
  tableOid: number
  columnNumber: number
}

export interface Description {
  parameterOids: number[]
  columns: DescribedColumn[]
}

interface Field {
  name: string
  tableID: number
  columnID: number
  dataTypeID: number
}

/** Describes one statement. Rejects with Postgres' own error where it does not parse. */
export function describe(client: pg.Client, text: string): Promise<Description> {
  return new Promise((resolve, reject) => {
    const description: Description = { parameterOids: [], columns: [] }
    let stopListening = (): void => undefined
    const settle = (done: () => void): void => {
      stopListening()
      done()
    }
    client.query({
      submit(connection: pg.Connection) {
        const onParameters = (message: { dataTypeIDs: number[] }): void => {
          description.parameterOids = message.dataTypeIDs
        }
        connection.on('parameterDescription', onParameters)
        stopListening = () => connection.off('parameterDescription', onParameters)
        connection.parse({ name: '', text, types: [] }, true)
        connection.describe({ type: 'S', name: '' }, true)
        connection.sync()
      },
      handleRowDescription(message: { fields: Field[] }) {
        description.columns = message.fields.map((field) => ({
          name: field.name,
          typeOid: field.dataTypeID,
          tableOid: field.tableID,
          columnNumber: field.columnID,
        }))
      },
      handleReadyForQuery: () => settle(() => resolve(description)),
      handleError: (error: Error) => settle(() => reject(error)),
    } as pg.Submittable)
  })
}
