// Drives Apache Kafka's own Java clients through every API that Baton serves, against a broker behind record.py's proxy.
// java -cp 'libs/*' Clients.java BOOTSTRAP SUFFIX [CONTROLLER]. A step that the capped versions do not allow is reported and
// passed over. With the suffix `oldest`: only the versions that no client of this day speaks; with `telling`: only questions whose
// answers bear the optional fields, or figures that could not be mistaken for each other.
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.requests.*;
import org.apache.kafka.common.serialization.*;

public class Clients {
  interface Step { void run() throws Exception; }

  static final long TIME = 1_700_000_000_000L;  // ms

  static void step(String name, Step step) {
    try {
      step.run();
    } catch (Throwable error) {
      System.err.println(name + ": " + error);
    }
  }

  static Properties base(String bootstrap) {
    Properties p = new Properties();
    p.put("bootstrap.servers", bootstrap);
    p.put("client.id", "java");
    p.put("default.api.timeout.ms", "8000");
    p.put("request.timeout.ms", "4000");
    p.put("enable.metrics.push", "false");
    return p;
  }

  static Properties producer(String bootstrap) {
    Properties p = base(bootstrap);
    p.put("key.serializer", StringSerializer.class.getName());
    p.put("value.serializer", StringSerializer.class.getName());
    p.put("max.block.ms", "8000");
    p.put("delivery.timeout.ms", "9000");
    return p;
  }

  static void consume(String bootstrap, String topic, String group, String instance) {
    Properties p = base(bootstrap);
    p.put("key.deserializer", StringDeserializer.class.getName());
    p.put("value.deserializer", StringDeserializer.class.getName());
    p.put("group.id", group);
    if (instance != null) p.put("group.instance.id", instance);
    p.put("auto.offset.reset", "earliest");
    p.put("heartbeat.interval.ms", "100");
    p.put("fetch.max.wait.ms", "50");
    p.put("enable.auto.commit", "false");
    try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(p)) {
      consumer.subscribe(List.of(topic));
      long until = System.currentTimeMillis() + 1500;
      while (System.currentTimeMillis() < until) consumer.poll(Duration.ofMillis(100));
      consumer.commitSync();
    }
  }

  // Encoded by the client's own classes and answered by the broker, though no client would send it.
  static void ask(String bootstrap, AbstractRequest request) throws Exception {
    ask("java", bootstrap, request);
  }

  static AbstractResponse ask(String client, String bootstrap, AbstractRequest request) throws Exception {
    RequestHeader header = new RequestHeader(request.apiKey(), request.version(), client, 1);
    ByteBuffer frame = request.serializeWithHeader(header);
    String[] address = bootstrap.split(":");
    try (Socket socket = new Socket(address[0], Integer.parseInt(address[1]))) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      out.writeInt(frame.remaining());
      out.write(frame.array(), frame.arrayOffset() + frame.position(), frame.remaining());
      DataInputStream in = new DataInputStream(socket.getInputStream());
      byte[] answer = new byte[in.readInt()];
      in.readFully(answer);
      return AbstractResponse.parseResponse(ByteBuffer.wrap(answer), header);
    }
  }

  // Others speak them: librdkafka Fetch 4 and OffsetForLeaderEpoch 2, old or careful clients the rest.
  static void askInOldVersions(String bootstrap, String topic) throws Exception {
    try (Admin admin = Admin.create(base(bootstrap)); KafkaProducer<String, String> producer = new KafkaProducer<>(producer(bootstrap))) {
      admin.createTopics(List.of(new NewTopic(topic, Map.of(0, List.of(1))))).all().get();
      producer.send(new ProducerRecord<>(topic, 0, "key", "value")).get();
      TopicPartition partition = new TopicPartition(topic, 0);
      Uuid id = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).topicId();
      for (short version = 0; version <= 2; ++version) ask(bootstrap, new ApiVersionsRequest(new ApiVersionsRequestData(), version));
      ask(bootstrap, new MetadataRequest(new MetadataRequestData().setTopics(List.of()), (short) 0));
      ask(bootstrap, new MetadataRequest(new MetadataRequestData().setTopics(List.of(new MetadataRequestData.MetadataRequestTopic().setName(topic))), (short) 0));
      ask(bootstrap, FetchRequest.Builder.forConsumer((short) 4, 500, 1,
          Map.of(partition, new FetchRequest.PartitionData(id, 0, -1, 1 << 20, Optional.empty()))).build((short) 4));
      OffsetForLeaderEpochRequestData epochs = new OffsetForLeaderEpochRequestData();
      epochs.topics().add(new OffsetForLeaderEpochRequestData.OffsetForLeaderTopic().setTopic(topic).setPartitions(
          List.of(new OffsetForLeaderEpochRequestData.OffsetForLeaderPartition().setPartition(0).setCurrentLeaderEpoch(-1).setLeaderEpoch(0))));
      ask(bootstrap, new OffsetsForLeaderEpochRequest(epochs, (short) 2));
      admin.deleteTopics(List.of(topic)).all().get();
    }
  }

  static void tell(String client, String bootstrap, AbstractRequest request) throws Exception {
    System.err.println(client + ": " + ask(client, bootstrap, request));
  }

  static FetchRequest fetch(short version, TopicPartition partition, Uuid id, long offset, int lastFetchedEpoch) {
    return FetchRequest.Builder.forConsumer(version, 0, 0,
        Map.of(partition, new FetchRequest.PartitionData(id, offset, -1, 1 << 20, Optional.empty(), Optional.of(lastFetchedEpoch)))).build(version);
  }

  // As KIP-595's followers of the metadata log do.
  static FetchRequest fetchMetadata(String clusterId, int epoch, long offset, int lastFetchedEpoch) {
    FetchRequestData data = new FetchRequestData().setClusterId(clusterId).setReplicaState(new FetchRequestData.ReplicaState().setReplicaId(2).setReplicaEpoch(-1));
    data.setTopics(List.of(new FetchRequestData.FetchTopic().setTopic("__cluster_metadata").setTopicId(Uuid.METADATA_TOPIC_ID).setPartitions(
        List.of(new FetchRequestData.FetchPartition().setPartition(0).setCurrentLeaderEpoch(epoch).setFetchOffset(offset).setLastFetchedEpoch(lastFetchedEpoch)))));
    return new FetchRequest(data, (short) 16);
  }

  // Offsets, epochs and times that all differ from each other and from 0 and -1.
  static void askForFigures(Admin admin, String leading, TopicPartition partition) throws Exception {
    ListOffsetsRequestData.ListOffsetsPartition at = new ListOffsetsRequestData.ListOffsetsPartition().setPartitionIndex(0).setTimestamp(TIME + 4);
    List<ListOffsetsRequestData.ListOffsetsTopic> times = List.of(new ListOffsetsRequestData.ListOffsetsTopic().setName(partition.topic()).setPartitions(List.of(at)));
    for (short version = 1; version <= 7; ++version)
      tell("exact", leading, ListOffsetsRequest.Builder.forConsumer(true, IsolationLevel.READ_UNCOMMITTED).setTargetTimes(times).build(version));
    OffsetForLeaderEpochRequestData epochs = new OffsetForLeaderEpochRequestData().setReplicaId(-1);
    epochs.topics().add(new OffsetForLeaderEpochRequestData.OffsetForLeaderTopic().setTopic(partition.topic()).setPartitions(
        List.of(new OffsetForLeaderEpochRequestData.OffsetForLeaderPartition().setPartition(0).setCurrentLeaderEpoch(-1).setLeaderEpoch(1))));
    for (short version = 2; version <= 4; ++version) tell("exact", leading, new OffsetsForLeaderEpochRequest(epochs, version));
    String group = "group-telling";
    admin.alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(4, Optional.of(1), "note"))).all().get();
    Node coordinator = admin.describeConsumerGroups(List.of(group)).all().get().get(group).coordinator();
    for (short version = 1; version <= 8; ++version)
      tell("exact", coordinator.host() + ":" + coordinator.port(), new OffsetFetchRequest.Builder(group, false, List.of(partition), false).build(version));
  }

  // Three records are of the first epoch, two of the next, after a move from broker 1 to broker 2. Fetches that go astray are told
  // where epochs diverge, who leads instead and where he is, or which snapshot to begin with.
  static void askTellingQuestions(String bootstrap, String controller) throws Exception {
    String topic = "golden-telling";
    TopicPartition partition = new TopicPartition(topic, 0);
    try (Admin admin = Admin.create(base(bootstrap)); KafkaProducer<String, String> producer = new KafkaProducer<>(producer(bootstrap))) {
      admin.createTopics(List.of(new NewTopic(topic, Map.of(0, List.of(1))).configs(Map.of("retention.ms", "-1")))).all().get();
      for (int i = 0; i < 3; ++i) producer.send(new ProducerRecord<>(topic, 0, TIME + i, "key", "before")).get();
      admin.alterPartitionReassignments(Map.of(partition, Optional.of(new NewPartitionReassignment(List.of(2))))).all().get();
      Node leader = null;
      while (leader == null || leader.id() != 2) {
        Thread.sleep(100);
        leader = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().get(0).leader();
      }
      for (int i = 3; i < 5; ++i) producer.send(new ProducerRecord<>(topic, 0, TIME + i, "key", "after")).get();
      Thread.sleep(1500);  // until the former leader has heard of it, too
      Uuid id = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).topicId();
      String leading = leader.host() + ":" + leader.port();
      tell("diverging", leading, fetch((short) 12, partition, id, 1000, 0));
      tell("diverging", leading, fetch((short) 16, partition, id, 1000, 1));
      tell("misdirected", bootstrap, fetch((short) 12, partition, id, 0, 0));
      tell("misdirected", bootstrap, fetch((short) 16, partition, id, 0, 0));
      String clusterId = admin.describeCluster().clusterId().get();
      int epoch = (int) admin.describeMetadataQuorum().quorumInfo().get().leaderEpoch();
      tell("outdated", controller, fetchMetadata(clusterId, epoch, 1, 0));
      askForFigures(admin, leading, partition);
      admin.deleteTopics(List.of(topic)).all().get();
    }
  }

  static AlterConfigOp op(String key, String value, AlterConfigOp.OpType type) {
    return new AlterConfigOp(new ConfigEntry(key, value), type);
  }

  static void set(Admin admin, ConfigResource of, AlterConfigOp... ops) throws Exception {
    admin.incrementalAlterConfigs(Map.of(of, List.of(ops))).all().get();
  }

  // Elections, more partitions, configurations, and a reassignment that is held up by a throttle so that it can be listed.
  @SuppressWarnings({"deprecation", "removal"})
  static void administer(Admin admin, KafkaProducer<String, String> producer, String topic, String moving) {
    TopicPartition first = new TopicPartition(topic, 0), moved = new TopicPartition(moving, 0), absent = new TopicPartition(topic + "-absent", 7);
    ConfigResource ofTopic = new ConfigResource(ConfigResource.Type.TOPIC, moving), ofBroker = new ConfigResource(ConfigResource.Type.BROKER, "2");
    step("elect", () -> admin.electLeaders(ElectionType.PREFERRED, Set.of(first, absent)).partitions().get());
    step("elect all", () -> admin.electLeaders(ElectionType.PREFERRED, null).partitions().get());
    step("elect unclean", () -> admin.electLeaders(ElectionType.UNCLEAN, Set.of(first)).partitions().get());
    step("grow", () -> admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(4, List.of(List.of(1, 2), List.of(2, 1))))).all().get());
    step("grow anywhere", () -> admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(5)), new CreatePartitionsOptions().validateOnly(true)).all().get());
    step("shrink", () -> admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(1))).all().get());
    step("alter configs", () -> admin.alterConfigs(Map.of(ofTopic, new Config(List.of(new ConfigEntry("retention.ms", "7200000"))))).all().get());
    step("alter configs wrongly", () -> admin.alterConfigs(Map.of(ofTopic, new Config(List.of(new ConfigEntry("retention.ms", "soon"))))).all().get());
    step("set", () -> set(admin, ofTopic, op("follower.replication.throttled.replicas", "*", AlterConfigOp.OpType.SET),
        op("cleanup.policy", "compact", AlterConfigOp.OpType.APPEND), op("retention.ms", null, AlterConfigOp.OpType.DELETE)));
    step("set wrongly", () -> set(admin, ofTopic, op("retention.ms", "soon", AlterConfigOp.OpType.SET)));
    step("throttle", () -> set(admin, ofBroker, op("follower.replication.throttled.rate", "1", AlterConfigOp.OpType.SET)));
    step("fill", () -> {
      for (int i = 0; i < 3; ++i) producer.send(new ProducerRecord<>(moving, 0, "key", "x".repeat(900_000))).get();
    });
    step("reassign", () -> admin.alterPartitionReassignments(Map.of(moved, Optional.of(new NewPartitionReassignment(List.of(2))),
        absent, Optional.of(new NewPartitionReassignment(List.of(1))))).all().get());
    step("list reassignments", () -> admin.listPartitionReassignments().reassignments().get());
    step("list some reassignments", () -> admin.listPartitionReassignments(Set.of(moved, first)).reassignments().get());
    step("describe all log directories", () -> admin.describeLogDirs(List.of(2)).allDescriptions().get());
    step("describe log directories", () -> admin.describeReplicaLogDirs(List.of(new TopicPartitionReplica(moving, 0, 1), new TopicPartitionReplica(moving, 0, 2))).all().get());
    step("call it off", () -> admin.alterPartitionReassignments(Map.of(moved, Optional.<NewPartitionReassignment>empty())).all().get());
    step("no throttle", () -> set(admin, ofBroker, op("follower.replication.throttled.rate", null, AlterConfigOp.OpType.DELETE)));
    step("no throttled replicas", () -> set(admin, ofTopic, op("follower.replication.throttled.replicas", null, AlterConfigOp.OpType.DELETE)));
  }

  public static void main(String[] args) throws Exception {
    if (args[1].equals("telling")) {
      askTellingQuestions(args[0], args[2]);
      return;
    }
    if (args[1].equals("oldest")) {
      askInOldVersions(args[0], "golden-oldest");
      return;
    }
    String bootstrap = args[0], topic = "golden-" + args[1], moving = "moving-" + args[1], group = "group-" + args[1];
    try (Admin admin = Admin.create(base(bootstrap)); KafkaProducer<String, String> producer = new KafkaProducer<>(producer(bootstrap))) {
      step("create", () -> admin.createTopics(List.of(
          new NewTopic(topic, 2, (short) 2).configs(Map.of("retention.ms", "3600000")), new NewTopic(moving, Map.of(0, List.of(1))))).all().get());
      step("create again", () -> admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get());
      step("describe topics", () -> admin.describeTopics(List.of(topic, moving)).allTopicNames().get());
      step("describe cluster", () -> admin.describeCluster(new DescribeClusterOptions().includeAuthorizedOperations(false)).nodes().get());
      step("describe configs", () -> admin.describeConfigs(List.of(new ConfigResource(ConfigResource.Type.TOPIC, topic))).all().get());
      step("produce", () -> {
        for (int i = 0; i < 3; ++i) producer.send(new ProducerRecord<>(topic, i % 2, "key-" + i, "value-" + i)).get();
        producer.send(new ProducerRecord<>(moving, 0, "key", "before")).get();
      });
      step("consume", () -> consume(bootstrap, topic, group, null));
      step("consume again", () -> consume(bootstrap, topic, group, null));
      step("consume static", () -> consume(bootstrap, topic, group + "-static", "instance"));
      step("list offsets", () -> admin.listOffsets(Map.of(new TopicPartition(topic, 0), OffsetSpec.latest(), new TopicPartition(topic, 1), OffsetSpec.earliest())).all().get());
      step("list groups", () -> admin.listConsumerGroups().all().get());
      step("describe groups", () -> admin.describeConsumerGroups(List.of(group, group + "-static")).all().get());
      step("group offsets", () -> admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get());
      step("delete groups", () -> admin.deleteConsumerGroups(List.of(group)).all().get());
      administer(admin, producer, topic, moving);
      step("move", () -> admin.alterPartitionReassignments(Map.of(new TopicPartition(moving, 0), Optional.of(new NewPartitionReassignment(List.of(2))))).all().get());
      Thread.sleep(1500);
      step("produce to the former leader", () -> producer.send(new ProducerRecord<>(moving, 0, "key", "after")).get());
      step("delete", () -> admin.deleteTopics(List.of(topic, moving)).all().get());
    }
  }
}
