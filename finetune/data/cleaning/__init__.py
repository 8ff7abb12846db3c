"""What training mustn't see and needn't see twice: evaluation texts, and near copies."""
