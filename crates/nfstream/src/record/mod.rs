//! Records: flows that have ended, and the schema that says which columns they have.

mod anonymizer;
mod record;
mod schema;
mod selection;

pub use self::record::Record;
pub use self::schema::Schema;
